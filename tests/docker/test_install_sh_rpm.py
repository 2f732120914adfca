"""What install.sh does to systems of dnf and of zypper: the real ones, with packages that hold a script for an interpreter."""

from collections.abc import Iterator

import pytest

from tests.docker.install_sh import CDN, LINK, RUN, installer_box
from tests.docker.rpm_box import Box

SYSTEMS = {"dnf": ("rhel-9", "rocky-9.3", "yum.repos.d"), "zypper": ("opensuse-156", "leap-15.6", "zypp/repos.d")}
every_manager = pytest.mark.parametrize("manager", SYSTEMS)

HOLDER = """Name: holder
Version: 1
Release: 1
Summary: x
License: none
BuildArch: noarch
%description
x
%post -p <lua>
local holding = io.open("/tmp/holding", "w")
holding:write("held\\n")
holding:close()
io.open("/tmp/let-go"):read()
%files
"""
"""A package whose installation says that it has begun, and goes on when it is told to."""

AT_WORK = {
    "rpm": "rpm --install",
    "dnf": "dnf -y --setopt=*.skip_if_unavailable=1 install",
    "zypper": "zypper --non-interactive --no-gpg-checks install --allow-unsigned-rpm",
}

WHILE_LOCKED = """
rpm -q holder >/dev/null 2>&1 && rpm -e holder
rm -f /tmp/holding /tmp/let-go /tmp/released
mkfifo /tmp/holding /tmp/let-go
%s /tmp/rpms/noarch/holder-1-1.noarch.rpm >/tmp/holder.log 2>&1 &
read -r held </tmp/holding
status=0
{ %s; } 2>&1 | while read -r line; do
    echo "$line"
    case $line in *'waiting for it'* | *'Waiting for process'*)
        [ -e /tmp/released ] || { echo now the other one ends; touch /tmp/released; echo >/tmp/let-go; } ;;
    esac
done || status=$?
[ -e /tmp/released ] || echo >/tmp/let-go
wait
exit $status
"""


@pytest.fixture(scope="module")
def module_box() -> Iterator[Box]:
    with installer_box() as box:
        yield box


@pytest.fixture
def box(module_box: Box) -> Box:
    """Give it with nothing of ours there."""
    module_box.run("rm -rf /opt/python /usr/local/bin/python3*")
    return module_box


@pytest.fixture
def installer(box: Box, request: pytest.FixtureRequest) -> Iterator[str]:
    """Make the box a system of dnf's or zypper's that has a broken repository; give what runs the installer there."""
    manager = request.node.callspec.params["manager"]
    platform, system, folder = SYSTEMS[manager]
    box.run(f"rm -rf {CDN}; mkdir -p {CDN}/python/{platform}/pkgs /etc/{folder}; echo {{}} >{CDN}/python/versions.json")
    for version in ("3.13.4", "3.13.5"):
        spec = f"Name: python-{version}\nVersion: 1\nRelease: 1\nSummary: x\nLicense: none\nAutoReqProv: no\n%description\nx\n%install\n"
        script = f"%{{buildroot}}/opt/python/{version}/bin"
        spec += f"mkdir -p {script}\nprintf '#!/bin/sh\\necho Python {version}\\n' >{script}/python3\nchmod +x {script}/python3\n"
        box.write(f"/tmp/rpms/{version}.spec", f"{spec}%files\n/opt/python/{version}\n")
        box.run(
            f"rpmbuild -bb --define '_topdir /tmp/rpms' --define '_rpmdir {CDN}/python/{platform}/pkgs' /tmp/rpms/{version}.spec"
        )
    box.run(f"cd {CDN}/python/{platform}/pkgs; mv x86_64/* .; rmdir x86_64; cd ..; sha256sum pkgs/* >SHA256SUMS")
    repository = "[broken]\nname=broken\nbaseurl=http://127.0.0.1:9/x\nenabled=1\ngpgcheck=0\nskip_if_unavailable=0\n"
    box.write(f"/etc/{folder}/broken.repo", repository)
    hidden = [tool for tool in ("dnf", "dnf-3", "yum") if manager == "zypper"]
    for tool in hidden:
        box.run(f"mv /usr/bin/{tool} /usr/bin/{tool}.away || true")
    yield f"export OS_RELEASE=/srv/os_release/{system} PYTHONHOME=/nope; {RUN}"
    box.run(
        f"rm /etc/{folder}/broken.repo; rpm -qa 'python-3*' | xargs -r rpm -e; rm -rf /var/lib/rpm /var/cache/zypp",
        None,
    )
    for tool in hidden:
        box.run(f"mv /usr/bin/{tool}.away /usr/bin/{tool} || true")


@every_manager
def test_dnf_and_zypper_install_upgrade_and_remove_beside_a_broken_repository(
    box: Box, manager: str, installer: str
) -> None:
    first = box.run(f"{installer} --yes --symlink 3.13.4")
    second = box.run(f"{installer} --yes --upgrade")
    third = box.run(f"{installer} --yes --uninstall 3.13.5")

    assert f"linked {LINK} to /opt/python/3.13.4/bin/python3\n" in first
    assert f"linked {LINK} to /opt/python/3.13.5/bin/python3, before to" in second
    assert f"remove it: {manager} " in second
    assert f"removed the link {LINK}\nremoved CPython 3.13.5\n" in third
    assert box.run("rpm -qa 'python-3*'").strip() == "python-3.13.4-1-1.x86_64"


@pytest.mark.parametrize("manager, other", [("dnf", "dnf"), ("dnf", "rpm"), ("zypper", "zypper")])
def test_another_one_at_work_is_waited_for(box: Box, manager: str, other: str, installer: str) -> None:
    """It is in the middle of installing something, until it is waited for."""
    box.write("/tmp/rpms/holder.spec", HOLDER)
    box.run("rpmbuild -bb --define '_topdir /tmp/rpms' --define '_rpmdir /tmp/rpms' /tmp/rpms/holder.spec")
    for arguments, there in (("--yes 3.13", "python-3.13.5-1-1.x86_64"), ("--yes --uninstall 3.13.5", "")):
        said = box.run(WHILE_LOCKED % (AT_WORK[other], f"{installer} {arguments}"))

        assert said.count("now the other one ends") == 1, said
        assert box.run("rpm -qa 'python-3*' holder | sort").split() == ["holder-1-1.noarch", *there.split()]
