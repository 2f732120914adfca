"""What a scanner that others made, sbom-cve-check, finds in a real build's documents: offline, in a database of its own form."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from python_builds.core.advisories.statements import dump_statements, parse_statements

GOLDEN = Path(__file__).parents[2] / "core/publishing/golden/python-3.15.0rc1-debian-12.spdx.json"
"""Of a real build: expat 2.8.2 is compiled in."""

CPE = "http://spdx.org/rdf/references/cpe23Type"
PYTHON, EXPAT = ("python", "python"), ("libexpat_project", "libexpat")
KNOWN = {
    "CVE-2026-1001": (PYTHON, "3.15.1"),
    "CVE-2026-1002": (PYTHON, "3.14.9"),
    "CVE-2026-1003": (EXPAT, "2.8.3"),
    "CVE-2026-1004": (EXPAT, "2.8.2"),
    "CVE-2026-1005": (("cpython", "pip"), "99"),
}
"""Made up: whose product it is, and the version that mends it."""

RUN = "import sys; from sbom_cve_check.cli import main; sys.exit(main())"


class Scanner:
    """The scanner in a folder, with what it reads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lay_out(json.loads(GOLDEN.read_bytes()))
        cves = folder / "database/cves/2026/1xxx"
        cves.mkdir(parents=True)
        for name, (product, mended) in KNOWN.items():
            (cves / f"{name}.json").write_text(json.dumps(cve(name, *product, mended)))
        git = ["git", "-C", folder / "database", "-c", "user.name=a", "-c", "user.email=a@example.org"]
        for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message=records"]):
            subprocess.run([*git, *words], check=True)

    def lay_out(self, document: dict) -> None:
        """Write each package as a document of its own, with one that points at it, as Yocto does and the scanner reads.

        Names, versions and CPEs stay as they are; the type of a reference has its long name there.
        """
        (self.folder / "sbom").mkdir()
        for number, one in enumerate(one for one in document["packages"] if "versionInfo" in one):
            where = f"{document['documentNamespace']}-{number}"
            references = [
                {**reference, "referenceType": CPE}
                for reference in one.get("externalRefs", ())
                if reference["referenceType"] == "cpe23Type"
            ]
            package = {**one, "SPDXID": f"SPDXRef-Recipe-{number}", "externalRefs": references}
            self._write(f"recipe-{number}", {**document, "documentNamespace": where, "packages": [package]})
            self._write(f"{number}", {"externalDocumentRefs": [{"spdxDocument": where}], "packages": [one]})

    def _write(self, name: str, document: dict) -> None:
        (self.folder / f"sbom/{name}.spdx.json").write_text(json.dumps(document))

    def scan(self, *more: str) -> dict[str, tuple[str, str]]:
        """Give of each CVE that the scanner names what it is of, in which version, and what it says of that."""
        told = ["--ignore-default-config", "--offline-mode", "--disable-auto-updates", "--sbom-path", "sbom"]
        command = [*told, "--add-db", "cve-db-cvelist", "database", "name=known", *more]
        export = ["--export-type", "csv", "--export-path", "found.csv"]
        done = subprocess.run(
            [sys.executable, "-c", RUN, *command, *export], cwd=self.folder, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        with (self.folder / "found.csv").open() as file:
            return {row["vuln-id"]: (f"{row['build']} {row['version']}", row["status"]) for row in csv.DictReader(file)}


def cve(name: str, vendor: str, product: str, mended: str) -> dict:
    """Write a record as the list of CVEs has it."""
    versions = [{"version": "0", "lessThan": mended, "status": "affected", "versionType": "custom"}]
    affected = {"cpes": [f"cpe:2.3:a:{vendor}:{product}:*:*:*:*:*:*:*:*"], "versions": versions}
    told = {"descriptions": [{"lang": "en", "value": "made up"}], "providerMetadata": {"orgId": "0"}}
    about = {"vendor": vendor, "product": product, "defaultStatus": "unaffected", **affected}
    metadata = {"cveId": name, "state": "PUBLISHED"}
    return {"cveMetadata": metadata, "containers": {"cna": {**told, "affected": [about]}}}


@pytest.fixture
def scanner(tmp_path: Path) -> Scanner:
    return Scanner(tmp_path)


def test_a_scanner_names_what_affects_cpython_s_version_and_what_is_compiled_in(scanner: Scanner) -> None:
    assert scanner.scan() == {
        "CVE-2026-1001": ("python 3.15.0", "affected"),
        "CVE-2026-1002": ("python 3.15.0", "fixed"),
        "CVE-2026-1003": ("expat 2.8.2", "affected"),
        "CVE-2026-1004": ("expat 2.8.2", "fixed"),
    }


def test_a_scanner_takes_up_what_an_operator_states_as_openvex(scanner: Scanner) -> None:
    product = {
        "@id": "pkg:generic/python@3.15.0rc1",
        "identifiers": {"cpe23": "cpe:2.3:a:python:python:3.15.0:rc1:*:*:*:*:*:*"},
    }
    statement = {
        "vulnerability": {"name": "CVE-2026-1001"},
        "products": [product],
        "status": "not_affected",
        "justification": "vulnerable_code_not_present",
    }
    document = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://example.org/vex/1",
        "author": "Us",
        "timestamp": "2026-01-02T03:04:05Z",
        "version": 1,
        "statements": [statement],
    }
    published = dump_statements(parse_statements("vex", json.dumps(document).encode()))
    (scanner.folder / "openvex.json").write_bytes(published)
    found = scanner.scan("--add-db", "openvex-file", "openvex.json", "name=stated")

    assert found["CVE-2026-1001"] == ("python 3.15.0", "not_affected")
    assert found["CVE-2026-1003"] == ("expat 2.8.2", "affected")
