"""A PostgreSQL of a test's own: Debian's server on a free port, which a test can take away from those who use it."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.farms import free_port


class Postgres:
    """The server, as processes of an unprivileged user: it refuses to be root's."""

    def __init__(self, folder: Path, password: str, host: str) -> None:
        """Make its files, start it, make a database."""
        self.folder = folder
        self.host = host
        self.password = password
        self.databases = 0
        self.port = free_port()
        self.data = folder / "data"
        self.user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        if os.geteuid() == 0:
            shutil.chown(folder, self.user)
        word = folder / "password"
        word.write_text(password)
        word.chmod(0o644)
        self.run("initdb", f"--pgdata={self.data}", "--username=farm", f"--pwfile={word}", "--auth=scram-sha-256", "-N")
        with (self.data / "pg_hba.conf").open("a") as file:
            file.write("host all all samenet scram-sha-256\n")
        self.start()
        self.pg("createdb", "farm")

    @property
    def url(self) -> str:
        """What the farm's setting says."""
        return f"postgresql://farm:{self.password}@{self.host}:{self.port}/farm"

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        options = f"-p {self.port} -c listen_addresses={self.host} -k {self.folder} -c fsync=off"
        self.run("pg_ctl", "start", "--wait", f"--pgdata={self.data}", f"--log={self.folder / 'log'}", "-o", options)

    def stop(self, mode: str) -> None:
        """Stop it: `fast` tells those who are connected, `immediate` just goes."""
        self.run("pg_ctl", "stop", "--wait", f"--pgdata={self.data}", f"--mode={mode}")

    def signal(self, number: signal.Signals) -> None:
        """Send the same to all its processes: SIGSTOP and SIGCONT."""
        main = int((self.data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        for process in (main, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)

    def new_url(self) -> str:
        """Make another database, a copy of the first, and say what a farm's setting says of it."""
        self.databases += 1
        self.pg("createdb", "--template=farm", f"farm{self.databases}")
        return f"{self.url}{self.databases}"

    def ask(self, query: str) -> str:
        """Answer a query."""
        return self.pg("psql", "--no-align", "--tuples-only", f"--command={query}", "farm").strip()

    def cut(self) -> None:
        """End all connections but this."""
        self.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")

    def pg(self, program: str, *arguments: str) -> str:
        """Run a client, as the farm's account."""
        return self.run(program, f"--host={self.host}", f"--port={self.port}", "--username=farm", *arguments)

    def run(self, program: str, *arguments: str) -> str:
        """Run one of Debian's programs, which lie in no folder of the PATH."""
        (newest, *_) = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
        with tempfile.TemporaryFile("w+") as output:  # a pipe would be kept open by the server
            done = subprocess.run(
                [newest / program, *arguments],
                cwd=self.folder,
                env={"PGPASSWORD": self.password, "LANG": "C.UTF-8", "PATH": os.environ["PATH"]},
                user=self.user,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=120,
            )
            output.seek(0)
            said = output.read()
        assert done.returncode == 0, f"{program}: {said}"
        return said


@contextlib.contextmanager
def make_postgres(password: str = "correct-horse", host: str = "127.0.0.1") -> Iterator[Postgres]:
    """Give a server that runs, with an empty database."""
    folder = Path(tempfile.mkdtemp(prefix="python-builds-postgres-", dir="/var/tmp"))
    try:
        server = Postgres(folder, password, host)
        yield server
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            server.signal(signal.SIGCONT)
            server.stop("immediate")
        shutil.rmtree(folder)
