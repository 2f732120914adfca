"""What package indexes say of a package, read from the finished file when it is published."""

import importlib
import subprocess
from pathlib import Path

from debian.arfile import ArError
from debian.debfile import DebError, DebFile

from python_builds.adapters.digests import file_sha256
from python_builds.core.errors import StoreError

RPM_CONFIGURATION = Path("/usr/lib/rpm/rpmrc")
RPM_PACKAGES = "rpm libglib2.0-bin"
"""What has GLib is called libglib2.0-0 or libglib2.0-0t64, by release; what needs it has one name everywhere."""


def package_metadata(path: Path, href: str) -> dict[str, str]:
    """Read a deb's control file, or the parts of an rpm's repository metadata; `href` is where it will lie.

    Raises:
        StoreError: if it cannot be read.
    """
    try:
        return {".deb": _deb, ".rpm": _rpm}[path.suffix](path, href)
    except (ArError, DebError, OSError, RuntimeError, ValueError) as error:
        raise StoreError(f"{path.name} cannot be read as a package: {error}") from error


def same_package(one: Path, other: Path) -> bool:
    """Say whether two artifacts are the same to the byte; of rpms, whatever is not their signature."""
    if one.suffix == ".rpm":
        query = ["rpm", "--query", "--package", "--nosignature", "--queryformat", "%{SHA256HEADER}"]
        digests = {subprocess.run([*query, path], check=True, capture_output=True).stdout for path in (one, other)}
        return len(digests) == 1 and b"(none)" not in digests  # it covers the header, which has the content's digest
    return file_sha256(one) == file_sha256(other)


def require_rpm() -> None:
    """See that rpm packages can be read and signed on this machine.

    Raises:
        StoreError: if something that this takes is not installed.
    """
    problem = "" if RPM_CONFIGURATION.exists() else f"{RPM_CONFIGURATION} is missing"
    if not problem:  # createrepo_c complains at import where rpm is not installed
        try:
            importlib.import_module("createrepo_c")
        except ImportError as error:  # its wheel holds its libraries but GLib, which a bare system lacks too
            problem = str(error)
    if problem:
        raise StoreError(
            "rpm packages are read by createrepo_c and signed by rpm, which do not work on this machine "
            f"({problem}): apt-get install {RPM_PACKAGES}"
        )


def _deb(path: Path, _href: str) -> dict[str, str]:
    control = DebFile(path).control.get_content("control", encoding="utf-8")
    return {"control": str(control)}


def _rpm(path: Path, href: str) -> dict[str, str]:
    require_rpm()
    import createrepo_c  # noqa: PLC0415

    package = createrepo_c.package_from_rpm(
        str(path), checksum_type=createrepo_c.SHA256, location_href=href, changelog_limit=0
    )
    package.time_file = package.time_build  # not when it was copied here
    return {"primary": createrepo_c.xml_dump_primary(package), "other": createrepo_c.xml_dump_other(package)}
