"""A browser of a test's own: Chromium without a window, told by its DevTools protocol through a pipe what people do."""

import base64
import contextlib
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.preconditions import needs

# Root's needs --no-sandbox, and a container's /dev/shm may be small. What is loaded here is our own page.
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe")
THROUGH_PIPES = 'exec "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1'
"""By the file descriptor 3 it takes commands, and answers by 4."""

PATIENCE = 60
KEYS = {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Home": 36, "End": 35, "Tab": 9}


class Page:
    """One tab, with what it has complained about."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.commands = 0
        self.session = ""
        self.complaints: list[str] = []
        """What a console would show in red, in its order."""
        target = self._tell("Target.createTarget", url="about:blank")["targetId"]
        self.session = self._tell("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self._tell(f"{domain}.enable")

    def open(self, url: str) -> None:
        """Go there."""
        self._tell("Page.navigate", url=url)
        self.wait(f"location.href == {json.dumps(url)} && document.readyState == 'complete'")

    def ask(self, expression: str) -> Any:
        """Give the value of a script's expression."""
        answer = self._tell("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, expression: str, patience: float = PATIENCE) -> None:
        """Wait until it is true."""
        deadline = time.monotonic() + patience
        while not self.ask(expression):
            assert time.monotonic() < deadline, f"waited {patience} s for {expression} on\n{self.text()}"
            time.sleep(0.1)

    def text(self) -> str:
        """Give what can be read."""
        return str(self.ask("document.body.innerText"))

    def press(self, key: str) -> None:
        """Press a key and let it go."""
        for kind in ("rawKeyDown", "keyUp"):
            self._tell("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=KEYS[key])

    def type(self, text: str) -> None:
        """Put text where the cursor is."""
        self._tell("Input.insertText", text=text)

    def click(self, selector: str) -> None:
        """Click into the middle of what a selector finds."""
        place = f"document.querySelector({json.dumps(selector)})"
        self.ask(f"{place}.scrollIntoView({{block: 'center'}})")
        box = self.ask(
            f"(({{x, y, width, height}}) => [x + width / 2, y + height / 2])({place}.getBoundingClientRect())"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self._tell("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def resize(self, width: int, height: int = 800) -> None:
        """Make the window so large."""
        self._tell("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def picture(self, path: Path) -> None:
        """Keep what the page looks like, for whoever wants to see why a test failed."""
        taken = self._tell("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(taken["data"]))

    def _tell(self, method: str, **values: object) -> dict[str, Any]:
        self.commands += 1
        message = {"id": self.commands, "method": method, "params": values}
        if self.session:
            message["sessionId"] = self.session
        assert self.process.stdin
        self.process.stdin.write(json.dumps(message).encode() + b"\0")
        self.process.stdin.flush()
        while (answer := self._next()).get("id") != self.commands:
            self._note(answer)
        assert "result" in answer, answer
        return dict(answer["result"])

    def _next(self) -> dict[str, Any]:
        assert self.process.stdout
        found = bytearray()
        while (byte := self.process.stdout.read(1)) != b"\0":
            assert byte, "Chromium has ended"
            found += byte
        return dict(json.loads(found))

    def _note(self, event: dict[str, Any]) -> None:
        said = event.get("params", {})
        if event.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(str(said["exceptionDetails"]))
        elif event.get("method") == "Runtime.consoleAPICalled" and said["type"] in ("error", "assert", "warning"):
            self.complaints.append(str(said["args"]))
        elif event.get("method") == "Log.entryAdded" and said["entry"]["level"] in ("error", "warning"):
            self.complaints.append(f"{said['entry']['text']} {said['entry'].get('url', '')}")


def find_browser() -> str:
    """Say where it is, or skip a test."""
    program = shutil.which("chromium")
    needs(program, "apt-get install chromium: the overview is opened in a browser")
    return str(program)


@contextlib.contextmanager
def make_browser() -> Iterator[Page]:
    """Start it, with nothing of earlier times."""
    program = find_browser()
    with tempfile.TemporaryDirectory(prefix="python-builds-browser-", ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen(
            ["sh", "-c", THROUGH_PIPES, "sh", program, *OPTIONS, f"--user-data-dir={folder}"],
            env={"PATH": "/usr/bin:/bin", "HOME": folder},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            yield Page(process)
        finally:
            process.kill()
            process.wait(30)
