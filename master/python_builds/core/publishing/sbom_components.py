"""The parts of a build as CycloneDX's components: named so that scanners find advisories of them.

CPython has its CPE and the purl that scanners give an interpreter; packages of a distribution have their purl, with the
source package that advisories name (`upstream`, as syft and grype spell it); what is bundled has what upstream says of
it. A purl that nobody knows is worse than none: some readers then look at no CPE.
"""

from collections.abc import Iterable, Sequence

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.license import LicenseExpression
from packageurl import PackageURL
from packaging.version import Version

from python_builds.core.building.contents import Bundled, Contents, Package
from python_builds.core.publishing.artifacts import Product
from python_builds.core.publishing.records import LibrarySource, Source
from python_builds.core.upstream.bundled import CPES, cpe
from python_builds.core.upstream.releases import directory_url

CPYTHON = "cpython"
FTP = "https://www.python.org/ftp/python"
PHASES = {"a": "alpha", "b": "beta", "rc": "rc"}
"""What pre-releases are called in CPEs."""


def cpython(product: Product, source: Source | None) -> Component:
    """Name CPython itself, with the tarball it was built of."""
    version = str(product.version)
    return Component(
        name="python",
        description="CPython",
        type=ComponentType.APPLICATION,
        bom_ref=CPYTHON,
        version=version,
        cpe=python_cpe(product.version),
        purl=PackageURL(type="generic", name="python", version=version),  # as syft calls an interpreter that it finds
        licenses=[LicenseExpression("Python-2.0.1")],
        external_references=[_source_reference(_origin(product.version, source), source.sha256)] if source else [],
    )


def python_cpe(version: Version) -> str:
    """Name a CPython as NVD does: its pre-releases are updates of the final."""
    phase, number = version.pre or ("", 0)
    update = f"{PHASES[phase]}{number}" if phase else "*"
    return f"cpe:2.3:a:python:python:{version.base_version}:{update}:*:*:*:*:*:*"


def linked_static(library: LibrarySource) -> Component:
    """Name a library whose own source was linked into modules."""
    return Component(
        name=library.name,
        type=ComponentType.LIBRARY,
        bom_ref=f"static:{library.name}",
        version=library.version,
        cpe=cpe(CPES[library.name], library.version) if library.name in CPES else None,
        external_references=[_source_reference(library.tarball, library.sha256)],
        properties=named(linked="statically"),
    )


def bundled_components(bundled: Sequence[Bundled]) -> list[Component]:
    """Name what CPython's source brings: code that is compiled in, or a wheel that ensurepip has installed.

    Records of before have pip twice, as upstream lists it too. A reference that is there twice is made random by the
    library.
    """
    names = [one.name for one in bundled]
    return [_bundled(one, one.file if one.file and names.count(one.name) > 1 else one.name) for one in bundled]


def _bundled(one: Bundled, reference: str) -> Component:
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=one.sha256)] if one.sha256 else []
    return Component(
        name=one.name,
        type=ComponentType.LIBRARY,
        bom_ref=f"bundled:{reference}",
        version=one.version,
        cpe=one.cpe or None,
        purl=PackageURL.from_string(one.purl) if one.purl else None,
        hashes=hashes if one.file else [],
        external_references=[_source_reference(one.url, one.sha256)] if one.url else [],
        properties=named(bundled=one.file or "compiled in"),
    )


def system_libraries(contents: Contents) -> list[Component]:
    """Name the distribution's packages that have the linked libraries, each once; where none has one, the library."""
    found: dict[str, tuple[Package | None, list[Property]]] = {}
    for library in contents.libraries:
        known = library.package.name if library.package else library.soname
        _, properties = found.setdefault(known, (library.package, []))
        properties += named(library=library.soname, linked="directly" if library.direct else "by another library")
    return [
        _packaged(name, package, contents, ComponentType.LIBRARY, None, properties)
        for name, (package, properties) in found.items()
    ]


def tools(contents: Contents) -> list[Component]:
    """Name what built it, as what is not part of it."""
    found: dict[str, tuple[Package | None, list[Property]]] = {}
    for tool in contents.tools:
        known = tool.package.name if tool.package else tool.command
        found.setdefault(known, (tool.package, []))[1].extend(named(tool=tool.command))
    return [
        _packaged(name, package, contents, ComponentType.APPLICATION, ComponentScope.EXCLUDED, properties)
        for name, (package, properties) in found.items()
    ]


def named(**values: str) -> list[Property]:
    """Make properties of our own, of the values that are known."""
    return [Property(name=f"python-builds:{name}", value=value) for name, value in values.items() if value]


def purl_of(package: Package, contents: Contents) -> PackageURL:
    """Name a package of a distribution; of an rpm, purl has the epoch apart."""
    is_rpm = package.source.endswith(".rpm")
    epoch, _, version = package.version.rpartition(":") if is_rpm else ("", "", package.version)
    qualifiers = {
        "arch": package.architecture,
        "distro": f"{contents.system}-{contents.system_version}",
        **({"epoch": epoch} if epoch else {}),
        **({"upstream": package.source} if package.source != package.name else {}),
    }
    return PackageURL("rpm" if is_rpm else "deb", contents.system, package.name, version, qualifiers)


def _packaged(
    name: str,
    package: Package | None,
    contents: Contents,
    kind: ComponentType,
    scope: ComponentScope | None,
    properties: Iterable[Property],
) -> Component:
    purl = purl_of(package, contents) if package else None
    return Component(
        name=name,
        type=kind,
        bom_ref=f"{'tool' if scope else 'system'}:{name}",
        version=package.version if package else None,
        scope=scope,
        purl=purl,
        properties=properties,
    )


def _origin(version: Version, source: Source) -> str:
    if source.origin.startswith(("http://", "https://")):
        return source.origin
    return directory_url(FTP, version) + source.name  # a folder of the farm's says nothing to anybody else


def _source_reference(url: str, sha256: str) -> ExternalReference:
    return ExternalReference(
        type=ExternalReferenceType.SOURCE_DISTRIBUTION,
        url=XsUri(url),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=sha256)] if sha256 else [],
    )
