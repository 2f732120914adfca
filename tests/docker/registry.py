"""A registry of the tests' own, from which engines pull."""

import contextlib
import os
import shutil
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.farms import wait
from tests.preconditions import needs


@contextlib.contextmanager
def registry(folder: Path, address: str, tls: Path | None = None) -> Iterator[None]:
    """Start one at an address, with a folder for its images; by TLS with the certificate of another folder, or by HTTP.

    Without TLS engines take none but those of this machine.
    """
    needs(shutil.which("docker-registry"), "apt-get install docker-registry: engines pull from a registry of its own")
    folder.mkdir(parents=True)
    certificate = f", tls: {{certificate: {tls / 'cert.pem'}, key: {tls / 'key.pem'}}}" if tls else ""
    settings = folder / "registry.yml"
    settings.write_text(
        f"""
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {folder / "images"}}}}}
http: {{addr: "{address}"{certificate}}}
"""
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["docker-registry", "serve", settings],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={"PATH": os.environ["PATH"], "OTEL_TRACES_EXPORTER": "none"},
        )
    url = f"http{'s' if tls else ''}://{address}/v2/"
    trusting = ssl.create_default_context(cafile=str(tls / "ca.pem")) if tls else None

    def answers() -> bool:
        assert process.poll() is None, (folder / "log").read_text()
        with contextlib.suppress(urllib.error.URLError):
            urllib.request.urlopen(url, context=trusting, timeout=5).close()
            return True
        return False

    try:
        wait(answers, "the registry")
        yield
    finally:
        process.kill()
        process.wait()
