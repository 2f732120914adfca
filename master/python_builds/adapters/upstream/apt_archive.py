"""The machine's apt source archive as a source.

Debian keeps upstream's tarballs byte for byte as `.orig.tar.*`, names them with their SHA-256 in an index that the
archive signs and apt verifies, and nearly every machine can reach a mirror of it. No host is named here: the URIs are
those of the machine's own apt configuration. Nothing of that configuration is changed; ours is private to `folder`.
"""

import functools
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from debian.deb822 import Sources

from python_builds.adapters import http
from python_builds.adapters.stop import Stop, alone, run
from python_builds.adapters.upstream.offers import Offer
from python_builds.adapters.upstream.verification import DEFAULT, Proof, Verification
from python_builds.core.errors import InvalidVersion, SourceError
from python_builds.core.upstream.releases import parse_version, tarball_name
from python_builds.core.upstream.trust import Trust

INDEX_KEPT = 3600
"""Seconds before apt is asked for a fresh index."""

MAX_APT_SECONDS = 600
"""Seconds that one of apt's commands may take."""

MAX_PROBLEM = 2000
"""Characters of what apt says of a failure; a path stands in most of its lines."""

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
DISTRIBUTIONS = ("Debian", "Ubuntu")
"""Origins of the archives that hold CPython's sources; a machine may be configured with others' beside them."""

PACKAGES = [f"python3.{minor}" for minor in range(9, 40)]
"""Source packages to ask for; apt passes over those that do not exist."""

_ENDINGS = {".orig.tar.xz": ".tar.xz", ".orig.tar.gz": ".tgz"}


class AptArchive:
    """CPython's upstream tarballs in the archive that this machine's apt uses."""

    name = "apt"

    def __init__(
        self, folder: Path, suites: Sequence[str], verification: Verification = DEFAULT, stop: Stop | None = None
    ) -> None:
        self.folder = folder
        self.stop = stop or Stop()
        self.suites = tuple(suites)
        self.verification = verification
        self.notes: list[str] = []

    def offers(self) -> list[Offer]:
        """List the upstream tarballs that the signed indexes name; some of them may not be there."""
        with self._alone():
            self._refresh()
            paragraphs = list(self._paragraphs())
        return [offer for paragraph in paragraphs if (offer := self._offer(paragraph))]

    def fetch_tarball(self, package: str, sha256: str, target: Path) -> None:
        """Fetch the upstream tarball of any source package, known by its digest.

        Raises:
            SourceError: if no package of that name has it.
        """
        with self._alone():
            self._refresh()
            shown = self._apt("apt-cache", "showsrc", package)
        for paragraph in Sources.iter_paragraphs(shown.splitlines(), use_apt_pkg=False):
            for file in paragraph["Checksums-Sha256"]:
                if file["sha256"] == sha256:
                    return self._fetch(f"{paragraph['Package']}={paragraph['Version']}", file["name"], None, target)
        raise SourceError(f"no source package {package} has a file with SHA-256 {sha256}")

    def _alone(self) -> AbstractContextManager[None]:
        """Have one ask at a time: apt fails where another holds its lock, and rewrites what a third may read."""
        return alone(self.folder / "lock", self.stop)

    def _refresh(self) -> None:
        """Bring the private index up to date, at most once an hour and for each list of suites."""
        sources = "\n".join(source_lines(_configured(self.stop), self.suites)) + "\n"
        listed, stamp = self.folder / "sources.list", self.folder / "updated"
        fresh = stamp.exists() and time.time() - stamp.stat().st_mtime < INDEX_KEPT
        if fresh and listed.exists() and listed.read_text() == sources:
            return
        for name in ("lists/partial", "cache/archives/partial", "state"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "state/status").touch()
        listed.write_text(sources)
        (self.folder / "apt.conf").write_text(
            f'Dir::Etc::SourceList "{listed}";\nDir::Etc::SourceParts "-";\nDir::State "{self.folder}/state";\n'
            f'Dir::State::Lists "{self.folder}/lists";\nDir::State::status "{self.folder}/state/status";\n'
            f'Dir::Cache "{self.folder}/cache";\nAPT::Sandbox::User "root";\nAcquire::Retries "3";\n'
        )
        self.notes = []
        try:
            self._apt("apt-get", "update", "--error-on=any")
        except SourceError as error:
            # A suite moves away when it is old, and must not take the others with it.
            if not self._has_an_index():
                raise
            self.notes = [f"{self.name}: used what its index has, though {error}."]
        stamp.touch()

    def _has_an_index(self) -> bool:
        shown = self._apt("apt-get", "indextargets", "--format", "$(FILENAME)", "Created-By: Sources")
        return any(Path(name).exists() for name in shown.splitlines())

    def _paragraphs(self) -> Iterable[Sources]:
        shown = self._apt("apt-cache", "showsrc", *PACKAGES)
        return Sources.iter_paragraphs(shown.splitlines(), use_apt_pkg=False)

    def _offer(self, paragraph: Sources) -> Offer | None:
        for file in paragraph["Checksums-Sha256"]:
            ending = next((e for e in _ENDINGS if file["name"].endswith(e)), None)
            version_text = upstream_version(paragraph["Version"])
            if ending is None or version_text is None:
                continue
            version = parse_version(version_text)
            package = f"{paragraph['Package']}={paragraph['Version']}"
            # Upstream's own signature, which packagers may keep beside the tarball.
            signed = any(other["name"] == f"{file['name']}.asc" for other in paragraph["Checksums-Sha256"])
            proof = self.verification.openpgp(version) if signed else None
            return Offer(
                version=version,
                name=tarball_name(version, _ENDINGS[ending]),
                origin=f"apt source archive: {package}",
                trust=proof.trust if proof else Trust.SIGNED_INDEX,
                sha256=file["sha256"],
                listed_in="the archive's signed index",
                proof=proof,
                lacking=self.verification.lacking(version) if signed and proof is None else "",
                is_there=functools.partial(self._is_there, package),
                fetch=functools.partial(self._fetch, package, file["name"], proof),
                by_hand=False,
                mirrored=False,
            )
        return None

    def _is_there(self, package: str) -> bool:
        """An index may name what a mirror no longer has, or does not have yet."""
        answer = self._apt("apt-get", "source", "--print-uris", *_ONLY_TARBALL, package)
        uri = re.search(r"^'([^']+)'", answer, re.MULTILINE)
        if uri is None:
            raise SourceError(f"apt names no URI for the source of {package}")
        parts = urlsplit(uri[1])
        if parts.scheme in ("file", "copy"):
            return Path(unquote(parts.path)).exists()
        return http.exists(uri[1], self.stop) if parts.scheme in ("http", "https") else True

    def _fetch(self, package: str, name: str, proof: Proof | None, target: Path) -> None:
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            # For apt a signature is no part of what --tar-only fetches; the rest of the source is small.
            self._apt("apt-get", "source", *(_ONLY_SOURCE if proof else _ONLY_TARBALL), package, folder=Path(folder))
            if proof:
                (Path(folder) / f"{name}.asc").rename(proof.file(target))
            (Path(folder) / name).rename(target)

    def _apt(self, *command: str, folder: Path | None = None) -> str:
        environment = {**os.environ, "APT_CONFIG": str(self.folder / "apt.conf"), "LC_ALL": "C.UTF-8"}
        return _run([command[0], "-q", *command[1:]], environment, folder, self.stop)


_ONLY_SOURCE = ("--download-only", "--only-source")
_ONLY_TARBALL = (*_ONLY_SOURCE, "--tar-only")


def upstream_version(debian_version: str) -> str | None:
    """Turn 1:3.14.0~rc2-1+b1 into 3.14.0rc2; None if it is no CPython version."""
    text = debian_version.partition(":")[2] or debian_version
    text = text.rpartition("-")[0] or text
    try:
        return str(parse_version(text.replace("~", "")))
    except InvalidVersion:
        return None


def source_lines(configured: Iterable[tuple[str, str]], suites: Sequence[str]) -> list[str]:
    """Write sources.list for the suites, given the (URI, release) pairs that the machine is configured with.

    Raises:
        SourceError: if the machine has no apt archive.
    """
    pairs = sorted(set(configured))
    main = next((uri for uri, release in pairs if "-" not in release), None)
    security = next((uri for uri, release in pairs if release.endswith("-security")), None)
    if main is None:
        raise SourceError(
            "this machine's apt has no archive's index (`apt-get indextargets` lists none); run `apt-get update`"
        )
    signed = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
    lines = [f"deb-src {signed}{main} {suite} main" for suite in suites]
    if security:
        lines += [f"deb-src {signed}{security} {suite}-security main" for suite in suites if suite != "sid"]
    return lines


def _configured(stop: Stop) -> list[tuple[str, str]]:
    """Ask apt which archives it uses, whatever its sources are written in."""
    # RELEASE, as SUITE would be "oldstable" for a suite that goes by its codename.
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(ORIGIN)", "Created-By: Packages"]
    lines = (line.split(" ", 2) for line in _run(command, dict(os.environ), None, stop).splitlines())
    return [(line[0], line[1]) for line in lines if line[-1] in DISTRIBUTIONS]


def _run(command: Sequence[str], environment: dict[str, str], folder: Path | None, stop: Stop) -> str:
    try:
        done = run(command, stop, MAX_APT_SECONDS, env=environment, cwd=folder)
    except FileNotFoundError:
        raise SourceError(f"this machine has no {command[0]}") from None
    except subprocess.TimeoutExpired:
        raise SourceError(f"{' '.join(command[:3])} did not end within {MAX_APT_SECONDS // 60} minutes") from None
    if done.returncode:
        problem = done.stderr.strip() or done.stdout.strip()
        raise SourceError(f"{' '.join(command[:3])} failed: {problem[-MAX_PROBLEM:]}")
    return done.stdout
