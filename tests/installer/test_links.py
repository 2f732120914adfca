"""The link /usr/local/bin/python3.X: its name, and whose it is. tests/docker/test_install_sh.py makes and moves real ones."""

import pytest

from tests.installer.installs import every_shell, sourced


@every_shell
@pytest.mark.parametrize(
    "version, link", [("3.13.5", "python3.13"), ("3.14.0t", "python3.14t"), ("3.14.0rc2", "python3.14")]
)
def test_the_symlink_is_named_after_the_minor(shell, version, link):
    text = f"yes=1 symlink=0 action=install exact=0 prefix=/x version={version}; offer_symlink; echo $link"

    assert sourced(shell, text).stdout == f"/usr/local/bin/{link}\n"


@every_shell
@pytest.mark.parametrize(
    "leads_to",
    ["/opt/python/3.13.4/bin/python3", "/opt/python/3.13.9/bin/python3", "/opt/python/gone", "/opt/python/3.13/x"],
)
def test_a_dangling_link_into_our_folder_is_ours_to_mend(shell, tmp_path, leads_to):
    (tmp_path / "link").symlink_to(leads_to)

    assert sourced(shell, f"version=3.13.5 exact=0; why_link_stays '{tmp_path}/link'").stdout == ""


@every_shell
@pytest.mark.parametrize(
    "leads_to",
    [
        "/usr/bin/python3.13",
        "/usr/bin/gone",
        "/opt/python/../x/bin/python3",
        "/opt/python-mine/3.13.4/bin/python3",
        "x",
    ],
)
def test_a_link_to_elsewhere_stays(shell, tmp_path, leads_to):
    (tmp_path / "link").symlink_to(leads_to)
    said = sourced(shell, f"version=3.13.5 exact=1; why_link_stays '{tmp_path}/link'").stdout

    assert said == f"leads to {leads_to}, is not ours and stays\n"


@every_shell
@pytest.mark.parametrize("make", ["touch", "mkdir"])
def test_what_is_no_link_stays(shell, tmp_path, make):
    text = f"{make} '{tmp_path}/link'; version=3.13.5 exact=1; why_link_stays '{tmp_path}/link'"

    assert sourced(shell, text).stdout == "is somebody else's file and stays\n"


@every_shell
@pytest.mark.parametrize(
    "action, yes, symlink, leads, linked",
    [
        ("install", 1, 1, "/opt/python/3.15.0rc1/bin/python3", True),
        ("install", 1, 1, "", True),
        ("install", 1, 0, "/opt/python/3.15.0rc1/bin/python3", False),
        ("install", 1, 0, "", False),
        ("upgrade", 1, 0, "/opt/python/3.15.0rc1/bin/python3", True),
        ("upgrade", 0, 0, "/opt/python/3.15.0rc1/bin/python3", True),
        ("upgrade", 0, 0, "", False),
        ("upgrade", 1, 1, "", True),
    ],
)
def test_a_link_is_changed_only_where_that_is_asked_for(shell, action, yes, symlink, leads, linked):
    text = f"""action={action} yes={yes} symlink={symlink} exact=0 prefix=/opt/python/3.15.0 version=3.15.0
        readlink() {{ echo '{leads}'; }}
        as_root() {{ echo "$*"; }}
        offer_symlink"""
    done = sourced(shell, text)

    assert ("ln -sfn /opt/python/3.15.0/bin/python3 /usr/local/bin/python3.15" in done.stdout) == linked
