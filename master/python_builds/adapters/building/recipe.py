"""What of ours makes a platform's builds: the scripts that travel with them, and the digest of all that counts."""

import hashlib
import io
import tarfile
from pathlib import Path

from python_builds.core.platforms.platform import Platform
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.upstream.static_libraries import LIBRARIES

SCRIPTS = CHECKOUT / "scripts"
NOT_SENT, PUBLISHED = ("setup", "prove"), "published"
"""The folders of the scripts that are no part of any build: for a machine, for what users do with a package, and for
trials of what is published, which alone get these."""

SENT = (".sh", ".in", ".py", ".c", ".mk")
"""Endings of the scripts that travel with a build."""


def scripts_to_send(folder: Path, *, published: bool = False) -> list[Path]:
    """List what a worker gets of our scripts: to build, or to try what is published."""
    left_out = NOT_SENT if published else (*NOT_SENT, PUBLISHED)
    found = (path for path in folder.rglob("*") if path.suffix in SENT and path.is_file())
    return sorted(path for path in found if path.relative_to(folder).parts[0] not in left_out)


def packed(folder: Path, *, published: bool = False) -> bytes:
    """Pack what a worker gets of our scripts, as a tar of one folder, `scripts`; all of it may be run there."""
    content = io.BytesIO()
    files = scripts_to_send(folder, published=published)
    with tarfile.open(fileobj=content, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for inside in sorted({Path(), *(path.relative_to(folder).parent for path in files)}):
            archive.addfile(_member(Path("scripts") / inside, tarfile.DIRTYPE))
        for path in files:
            text = path.read_bytes()
            member = _member(Path("scripts") / path.relative_to(folder), tarfile.REGTYPE)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
    return content.getvalue()


def recipe(scripts: bytes, platform: Platform, image: str) -> str:
    """Compute the digest of the packed scripts, the platform's row, its image's name and what is linked statically."""
    libraries = [library for library in LIBRARIES if library.name in platform.static_libraries]
    return hashlib.sha256(f"{platform!r}\n{image}\n{libraries!r}\n".encode() + scripts).hexdigest()[:16]


def _member(path: Path, kind: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo(str(path))
    member.type, member.mode = kind, 0o755
    return member
