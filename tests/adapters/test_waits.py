"""Every wait of the sources ends: by somebody's word at once, by its own limits where too little comes."""

import contextlib
import dataclasses
import functools
import socket
import socketserver
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from python_builds.adapters import http, wire
from python_builds.adapters.stop import Stop, Stopped, alone, run
from python_builds.adapters.upstream import apt_archive
from python_builds.adapters.upstream.apt_archive import AptArchive
from python_builds.adapters.upstream.folder import Folder
from python_builds.adapters.upstream.python_org import PythonOrg
from python_builds.core.errors import SourceError

PATIENCE = 60
PERSON = "a person said so"

BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\nX-Slow: "
NOTHING = b""


class Trickling(socketserver.ThreadingTCPServer):
    """Sends the beginning of an answer and then a byte now and then, so that no time between two is ever long."""

    daemon_threads = True

    def __init__(self, beginning: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Trickle)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/a"
        self.beginning = beginning
        self.answering, self.left, self.closing = threading.Event(), threading.Event(), threading.Event()


class Trickle(socketserver.BaseRequestHandler):
    server: Trickling

    def handle(self) -> None:
        self.request.recv(65536)
        try:
            self.request.sendall(self.server.beginning)
            self.server.answering.set()
            while not self.server.closing.wait(0.02):
                self.request.sendall(b"0")
        except OSError:
            self.server.left.set()


@pytest.fixture(params=[BODY, CHUNKS, HEAD, NOTHING], ids=["a body", "a chunk's size", "a head", "no answer"])
def slow(request: pytest.FixtureRequest) -> Iterator[Trickling]:
    with Trickling(request.param) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.closing.set()
        server.shutdown()


class Waiting:
    """Does something in a thread, which somebody stops once it waits."""

    def __init__(self, do: Callable[[Stop], object]) -> None:
        self.stop = Stop()
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self._run, args=(do,), daemon=True)
        self.thread.start()

    def _run(self, do: Callable[[Stop], object]) -> None:
        try:
            do(self.stop)
        except (Stopped, SourceError) as error:
            self.error = error

    def stopped(self) -> str:
        self.stop.set(PERSON)
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive(), "it goes on"
        assert isinstance(self.error, Stopped), self.error
        return str(self.error)


def test_a_download_that_trickles_ends_as_soon_as_somebody_says_so_and_the_server_sees_it(
    slow: Trickling, tmp_path: Path
) -> None:
    waiting = Waiting(lambda word: http.download(slow.url, tmp_path / "a", word))
    assert slow.answering.wait(PATIENCE)

    assert waiting.stopped() == PERSON
    assert slow.left.wait(PATIENCE), "its socket is closed"


@pytest.mark.parametrize("ask", [http.exists, functools.partial(http.get, max_bytes=2**20)])
def test_a_question_ends_as_soon_as_somebody_says_so(slow: Trickling, ask: Callable[[str, Stop], object]) -> None:
    if ask is http.exists and slow.beginning in (BODY, CHUNKS):
        slow.beginning = HEAD  # the others answer it
    waiting = Waiting(lambda word: ask(slow.url, word))
    assert slow.answering.wait(PATIENCE)

    assert waiting.stopped() == PERSON
    assert slow.left.wait(PATIENCE)


def test_what_is_slower_than_it_may_be_is_given_up(
    slow: Trickling, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "WINDOW", 0.3)

    with pytest.raises(SourceError, match=rf"^{slow.url} gave 0 bytes in 0.3 s, and 2457.6 are the least that it may"):
        http.download(slow.url, tmp_path / "a", Stop())
    assert slow.left.wait(PATIENCE)


def test_what_is_fast_enough_and_never_ends_is_given_up_too(
    site: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "WINDOW", 0.1)
    monkeypatch.setattr(wire, "LEAST", 0)
    monkeypatch.setattr(http, "_PATIENTLY", dataclasses.replace(http._PATIENTLY, seconds=0.2))
    site.answer("/a", headers={"Content-Length": 10}, stalls=True)

    with pytest.raises(SourceError, match="did not answer within 0 s: 0 bytes came; it was given up"):
        http.download(f"{site.url}/a", tmp_path / "a", Stop())


def test_whoever_was_stopped_asks_nobody_any_more(site: object, tmp_path: Path) -> None:
    word = Stop()
    word.set(PERSON)

    with pytest.raises(Stopped, match=PERSON):
        http.download(f"{site.url}/a", tmp_path / "a", word)
    assert site.asked == []
    assert list(tmp_path.iterdir()) == []


def test_a_wait_for_a_lock_ends(tmp_path: Path) -> None:
    with alone(tmp_path / "lock", Stop()):
        waiting = Waiting(lambda word: alone(tmp_path / "lock", word).__enter__())

        assert waiting.stopped() == PERSON


@pytest.mark.parametrize(
    "ask",
    [
        lambda folder, word: AptArchive(folder, ["sid"], stop=word).offers(),
        lambda folder, word: PythonOrg("http://127.0.0.1:9", folder / "lock.json", stop=word).offers(),
    ],
    ids=["apt", "python.org"],
)
def test_whoever_waits_for_another_one_to_ask_a_source_can_be_stopped(
    tmp_path: Path, ask: Callable[[Path, Stop], object]
) -> None:
    with alone(tmp_path / "lock", Stop()), alone(tmp_path / "lock.lock", Stop()):
        assert Waiting(lambda word: ask(tmp_path, word)).stopped() == PERSON


def test_a_program_ends_with_all_that_it_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        script = f"sh -c 'exec 3<>/dev/tcp/127.0.0.1/{port}; echo here >&3; read forever <&3'; true"
        waiting = Waiting(lambda word: run(["bash", "-c", script.replace("sh -c", "bash -c")], word, PATIENCE))
        connection, _ = server.accept()
        assert connection.recv(5) == b"here\n"

        assert waiting.stopped() == PERSON
        assert connection.recv(1) == b"", "what it started is gone"


def test_a_program_that_takes_too_long_ends_too() -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        run(["sleep", "1000"], Stop(), 0.05)


def test_apt_that_waits_for_its_archive_can_be_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Trickling(BODY) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        base = server.url.rpartition("/")[0]
        monkeypatch.setattr(apt_archive, "_configured", lambda _: [(base, "trixie")])
        monkeypatch.setattr(apt_archive, "KEYRING", Path("/nonexistent"))
        waiting = Waiting(lambda word: AptArchive(tmp_path / "apt", ["trixie"], stop=word).offers())
        assert server.answering.wait(PATIENCE)

        assert waiting.stopped() == PERSON
        assert server.left.wait(PATIENCE)
        server.closing.set()
        server.shutdown()


def test_a_copy_of_a_folder_s_tarball_can_be_stopped_and_has_a_largest_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from python_builds.adapters.upstream import folder

    monkeypatch.setattr(folder, "MAX_TARBALL", 5)
    (tmp_path / "Python-3.13.5.tgz").write_bytes(b"a tarball")
    (tmp_path / "Python-3.13.5.tgz.sha256").write_text("0" * 64)
    word = Stop()
    (offer,) = Folder(tmp_path, word).offers()

    with pytest.raises(SourceError, match=r"Python-3.13.5.tgz is larger than the 5 bytes that it may have"):
        offer.fetch(tmp_path / "copy")
    word.set(PERSON)
    with pytest.raises(Stopped):
        offer.fetch(tmp_path / "copy")


def test_a_pipe_in_a_folder_is_waited_for_by_nobody(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "Python-3.13.5.tgz")
    (tmp_path / "Python-3.13.5.tgz.sha256").write_text("0" * 64)

    assert [offer.is_there() for offer in Folder(tmp_path).offers()] == [False]


def test_the_first_reason_counts_and_what_ended_is_not_ended_again() -> None:
    word, ended = Stop(), []
    with word.ending(lambda: ended.append("early")):
        pass
    with contextlib.suppress(Stopped), word.ending(lambda: ended.append("late")):
        word.set("one")
        word.set("two")

    assert ended == ["late", "late"]
    with pytest.raises(Stopped, match="^one$"):
        word.check()
