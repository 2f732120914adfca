"""What a record must be beside its form: of the key that it has, and of nothing but its own files and package.

Records lie where others may write. One that is wrong must reach no index, where it would spoil what stands beside it.
"""

from xml.etree import ElementTree

from python_builds.core.indexes.yum_metadata import NAMESPACE, ROOTS, XML
from python_builds.core.publishing.artifacts import (
    PACKAGES_FOLDER,
    RPM_ARCHITECTURES,
    Product,
    artifact_keys,
    artifact_kind,
    metapackage_file,
    package_file,
)
from python_builds.core.publishing.record_keys import record_key
from python_builds.core.publishing.sbom_files import sbom_keys
from python_builds.core.publishing.zst_files import zst_keys

MAX_RECORD_BYTES = 2 * 2**20
"""Bytes of a record; real ones have some ten thousand."""

ADDED = ("filename", "size", "md5sum", "sha1", "sha256", "sha512")
"""Fields of apt's index that the index adds to a control file."""


def key_problem(key: str, product: Product, revision: int) -> str:
    """Say what is wrong with what a record is of; empty if it is what its key says."""
    if product.architecture not in RPM_ARCHITECTURES:
        return f"architecture is {product.architecture!r}, and must be one of {', '.join(RPM_ARCHITECTURES)}"
    own = record_key(product, revision)
    return "" if own == key else f"it is of what {own} is the record of"


def artifacts_problem(product: Product, revision: int, artifacts: dict[str, str]) -> str:
    """Say what is wrong with a record's files, kinds by key; empty if they are its own."""
    keys = artifact_keys(product, revision) | zst_keys(product, revision) | sbom_keys(product, revision)
    own = {key: artifact_kind(name) for name, key in keys.items()}
    wrong = [key for key, kind in artifacts.items() if own.get(key) != kind]
    return f"it names {wrong[0]!r} as its {artifacts[wrong[0]]}, which is no such file of its own" if wrong else ""


def package_problem(product: Product, revision: int, package: dict[str, str]) -> str:
    """Say what is wrong with what a record tells indexes of its package; empty if it is one package, and this one."""
    return _package_problem(product, product.package, package_file(product, revision), package)


def metapackage_problem(product: Product, revision: int, metapackage: dict[str, str]) -> str:
    """Say the same of its metapackage."""
    if metapackage and not product.metapackage:
        return f"it tells of a metapackage, and {product.version} is a pre-release, which none follows"
    return _package_problem(product, product.metapackage, metapackage_file(product, revision), metapackage)


def _package_problem(product: Product, name: str, file: str, package: dict[str, str]) -> str:
    kinds = {"control"} if product.platform.package_format == "deb" else {*ROOTS}
    if package and {*package} != kinds:
        return f"it tells {', '.join(package)} of its package, and must tell {', '.join(sorted(kinds))}"
    if "control" in package:
        return _control_problem(name, package["control"])
    for kind, text in package.items():
        if problem := _xml_problem(kind, text, name, file):
            return problem
    return ""


def _control_problem(name: str, control: str) -> str:
    lines = control.strip().split("\n")
    fields = [line.partition(":")[0].lower() for line in lines if not line.startswith((" ", "\t"))]
    if not all(line.strip() for line in lines) or {*fields} & {*ADDED} or len({*fields}) < len(fields):
        return "its control file is not one paragraph of a package's own fields"
    return "" if f"Package: {name}" in lines else f"its control file is not of {name}"


def _xml_problem(kind: str, text: str, name: str, file: str) -> str:
    try:
        found = [*ElementTree.fromstring(XML + ROOTS[kind] % (1, text))]  # noqa: S314 - within an element no entity can be defined
    except ElementTree.ParseError as error:
        return f"its {kind} metadata are no XML: {error}"
    names = [one.get("name") or one.findtext(f"{{{NAMESPACE}/common}}name") for one in found]
    places = [one.get("href") for package in found for one in package.iter(f"{{{NAMESPACE}/common}}location")]
    place = f"{PACKAGES_FOLDER}/{file}"
    right = names == [name] and places in ([place], [] if kind == "other" else [place])
    return "" if right else f"its {kind} metadata are not of {name} in {place}"
