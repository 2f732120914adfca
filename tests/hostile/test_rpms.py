"""An rpm that a build left is what the farm meant to make, or is refused."""

import subprocess
from pathlib import Path

import pytest

from python_builds.adapters.building.artifact_check import check
from python_builds.core.publishing.artifacts import package_file
from tests.hostile.packages import MEANT, PREFIX, product
from tests.script_runs import write

SPEC = """
Name: {name}
Version: 1
Release: 2
Summary: CPython in /opt/python/3.13.5
License: Python-2.0
URL: https://www.python.org/
Packager: python-builds <python-builds@localhost>
Recommends: ca-certificates
{head}
%description
The Python interpreter, its standard library, pip and the files to embed
and extend it, beside every other version.
%install
mkdir -p %{{buildroot}}/opt/python
cp -a {tree} %{{buildroot}}/opt/python/
{install}
%files
%defattr(-,root,root,-)
/opt/python/3.13.5
{files}
"""


@pytest.mark.parametrize(
    "values, problem",
    [
        ({"name": "nano"}, "the header has NAME: 'nano', and must have 'python-3.13.5'"),
        ({"head": "Epoch: 7"}, "the header has EPOCH: '7'"),
        ({"head": "Provides: nano = 99"}, "the header has provides:"),
        ({"head": "Obsoletes: nano < 99"}, "the header has obsoletes: 'nano < 99', and must have ''"),
        ({"head": "Conflicts: nano"}, "the header has conflicts:"),
        ({"head": "Supplements: bash"}, "the header has supplements:"),
        ({"head": "Requires: nano"}, "it requires 'nano', which is no library"),
        ({"files": "%post\nid"}, "the header has scripts:"),
        ({"files": "%preun -p <lua>\nprint(1)"}, "the header has scripts:"),
        ({"files": "%triggerin -- bash\nid"}, "the header has triggers:"),
        ({"files": "%filetriggerin -- /usr\nid"}, "the header has filetriggers:"),
        ({"install": "mkdir %{buildroot}/etc; echo x >%{buildroot}/etc/x", "files": "/etc/x"}, "lies outside of"),
        ({"install": "chmod 4755 %{buildroot}/opt/python/3.13.5/bin/python3.13"}, "has mode 4755"),
        ({"files": "%config /opt/python/3.13.5/lib/python3.13/os.py"}, "is a file with flags"),
        ({"install": "ln -s /etc/shadow %{buildroot}/opt/python/3.13.5/x"}, "is a link out of"),
        ({"install": "echo x >>%{buildroot}/opt/python/3.13.5/lib/python3.13/os.py"}, "is another in"),
    ],
)
def test_an_rpm_that_is_another_is_refused(
    staged: Path, folder: Path, tmp_path: Path, values: dict[str, str], problem: str
) -> None:
    made = product("rhel-9")
    tree = staged / "sealed" / "stage" / PREFIX[1:]
    words = {"name": made.package, "head": "", "install": "", "files": "", "tree": tree, **values}
    write(
        tmp_path / "x.spec", "%global debug_package %{nil}\n%global __os_install_post %{nil}\n" + SPEC.format(**words)
    )
    define = [
        f"--define=_topdir {tmp_path}",
        f"--define=_rpmdir {folder}",
        f"--define=_rpmfilename {package_file(made, 2)}",
    ]
    command = ["rpmbuild", "-bb", "--nodeps", "--target=x86_64", *define, tmp_path / "x.spec"]
    subprocess.run(command, check=True, capture_output=True)
    problems = check(made, MEANT, folder)

    assert any(problem in found for found in problems), problems
