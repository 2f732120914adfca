"""The quick installer's conversation with a web server on this machine and with the person who started it.

What it does to real systems is in tests/docker/test_install_sh.py, test_install_sh_rpm.py and test_real_platforms.py.
"""

import os
import re
import shutil
import subprocess

import pytest

from python_builds.adapters.publishing.signing import signer
from python_builds.core.advisories.advice import Advice
from python_builds.core.advisories.osv import collect
from python_builds.core.indexes.installer import published_installer
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.settings.settings import Settings
from tests.installer.installs import SCRIPT, SHELLS, TOOLS, every_shell, index, install, serve_tree, sourced, tree
from tests.preconditions import needs_mounts
from tests.published import publish

CPYTHON = "https://github.com/python/cpython"


@every_shell
def test_versions_are_listed(shell, farm, stranger):
    index(farm)
    done, notes = install(shell, farm, stranger, "--list")

    assert (done.returncode, done.stdout, notes) == (0, "3.12.1\n3.13.5\n", "")


@every_shell
def test_a_list_tells_beside_itself_what_is_known_of_its_versions(shell, farm, stranger, make_product):
    publish(farm.store, make_product("3.13.4"))
    affected = [{"package": {"purl": "pkg:generic/python"}, "versions": ["3.13.5"]}]
    names = [f"PSF-2026-{number}" for number in range(1, 5)]
    records = {name: {"id": name, "modified": "2026-01-02T03:04:05Z", "affected": affected} for name in names}
    events = [{"introduced": "0"}, {"fixed": "f" * 40}]
    later = [
        {"package": {"purl": "pkg:generic/python"}, "ranges": [{"type": "GIT", "repo": CPYTHON, "events": events}]}
    ]
    records["PSF-2026-9"] = {"id": "PSF-2026-9", "modified": "2026-01-02T03:04:05Z", "affected": later}
    minors = {"3.12": {"status": "end-of-life", "end_of_life": "2028-10"}}
    index(farm, advice=Advice(advisories=collect(records), minors=minors))
    done, _ = install(shell, farm, stranger, "--list")

    assert done.stdout == "3.12.1\n3.13.4\n3.13.5\n", "programs read it"
    assert done.stderr.splitlines() == [
        "3.13.5: 4 known vulnerabilities (PSF-2026-1, PSF-2026-2, PSF-2026-3, ...), 1 that may be one",
        "3.13.4: 1 that may be one",
        "3.12.1: 1 that may be one; its minor is at its end of life",
    ]


@every_shell
def test_a_free_threaded_build_and_a_pre_release_are_listed_and_chosen_by_name_alone(
    shell, farm, stranger, make_product
):
    publish(farm.store, make_product("3.14.0", variant="t"))
    publish(farm.store, make_product("3.14.1", variant="t"))
    publish(farm.store, make_product("3.15.0rc1"))
    index(farm)
    listed, _ = install(shell, farm, stranger, "--list")
    newest, _ = install(shell, farm, stranger)
    free, _ = install(shell, farm, stranger, "3.14t")
    exact, _ = install(shell, farm, stranger, " 3.15.0rc1 ")
    minor, _ = install(shell, farm, stranger, "3.15")

    assert listed.stdout.split() == ["3.12.1", "3.13.5", "3.14.0t", "3.14.1t", "3.15.0rc1"]
    assert "CPython 3.13.5 for" in newest.stderr
    assert "CPython 3.14.1t for" in free.stderr and "in /opt/python/3.14.1t" in free.stderr
    assert "CPython 3.15.0rc1 for" in exact.stderr
    assert "there are only pre-releases of 3.15 for debian-12 on amd64; name one of them exactly: 3.15.0rc1" in (
        minor.stderr
    )


@every_shell
def test_without_a_terminal_and_a_yes_nothing_happens(shell, farm, stranger):
    index(farm)
    done, notes = install(shell, farm, stranger)

    assert (done.returncode, notes) == (1, "")
    assert "CPython 3.13.5 for Debian GNU/Linux 12 (bookworm): pkgs/python-3.13.5_1_amd64.deb" in done.stderr
    assert "there is no terminal to ask at. Say yes beforehand" in done.stderr
    assert "| sh -s -- --yes" in done.stderr


@every_shell
@pytest.mark.parametrize("answer, said", [("n", "nothing was installed"), ("", "does not run; it was removed again")])
def test_a_person_at_a_terminal_is_asked_even_where_the_script_comes_through_a_pipe(
    shell, farm, stranger, answer, said
):
    index(farm)
    typed = f"cat {SCRIPT} | {shell}"
    values = {"PATH": f"{stranger}:{os.environ['PATH']}", "CDN_URL": farm.url}
    values["OS_RELEASE"] = str(CHECKOUT / "tests/os_release/debian-12")
    done = subprocess.run(
        ["script", "--quiet", "--return", "--command", typed, "/dev/null"],
        input=f"{answer}\n",
        capture_output=True,
        text=True,
        env=values,
    )

    assert "Install it? [Y/n]" in done.stdout
    assert said in done.stdout
    assert (stranger / "notes").exists() == (answer == "")


@every_shell
def test_wget_does_where_there_is_no_curl(shell, farm, stranger, tmp_path):
    index(farm)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in (*(shell.split()[0] for shell in SHELLS), *TOOLS.split()):
        (tools / name).symlink_to(shutil.which(name))
    done, _ = install(shell, farm, stranger, "--yes", PATH=f"{stranger}:{tools}")

    assert "downloading " in done.stderr
    assert "does not run; it was removed again" in done.stderr
    (tools / "wget").unlink()
    neither, _ = install(shell, farm, stranger, "--yes", PATH=f"{stranger}:{tools}")
    assert "curl or wget is needed to download: install one of them" in neither.stderr


@every_shell
def test_a_package_whose_interpreter_does_not_run_is_removed_again(shell, farm, stranger):
    index(farm)
    done, notes = install(shell, farm, stranger, "--yes", "3.12")
    first, second, third = notes.splitlines()

    assert first == "apt-get -q update"
    assert second.startswith("apt-get -q -y -o Dpkg::Use-Pty=0 install ") and second.endswith(
        "/python-3.12.1_1_amd64.deb"
    )
    assert third == "apt-get purge -y python-3.12.1"
    assert done.returncode == 1
    assert "does not run; it was removed again" in done.stderr


@every_shell
def test_a_package_manager_that_refuses_is_a_failure(shell, farm, stranger):
    index(farm)
    (stranger / "status").write_text("100")
    done, _ = install(shell, farm, stranger, "--yes")

    assert done.returncode == 1
    assert "the package manager did not install it, see above" in done.stderr


@every_shell
@pytest.mark.parametrize(
    "change, said",
    [
        ({"python/debian-12/pkgs/python-3.13.5_1_amd64.deb": b"another"}, "has SHA-256 .* and should have"),
        (
            {"python/debian-12/pkgs/python-3.13.5_1_amd64.deb": None},
            "cannot be fetched: .*404.*; nothing was installed",
        ),
        (
            {"python/debian-12/SHA256SUMS": None},
            "nothing is published that fits Debian GNU/Linux 12 .* on amd64 with glibc",
        ),
        ({"python/debian-12/SHA256SUMS": b"<html>"}, "nothing is published that fits Debian GNU/Linux 12"),
    ],
)
def test_a_download_that_is_not_right_installs_nothing(shell, farm, stranger, change, said):
    index(farm)
    farm.changed.update(change)
    done, notes = install(shell, farm, stranger, "--yes")

    assert (done.returncode, notes) == (1, "")
    assert re.search(said, done.stderr), done.stderr


@every_shell
def test_no_network_is_said(shell, farm, stranger):
    farm.url = "http://127.0.0.1:1"
    done, _ = install(shell, farm, stranger, "--yes")

    assert done.returncode == 1
    assert "or there is no network" in done.stderr


@every_shell
def test_signed_checksums_are_verified_and_a_changed_list_is_refused(shell, farm, stranger, key, tmp_path):
    with signer(Settings(_env_file=None, state_dir=tmp_path, signing_key_file=key)) as signs:
        index(farm, signer=signs)
    done, _ = install(shell, farm, stranger, "--yes")
    sums = "python/debian-12/SHA256SUMS"
    farm.changed[sums] = farm.store.read(sums) + b"\n"
    (stranger / "notes").unlink()
    changed, notes = install(shell, farm, stranger, "--yes")
    farm.changed.clear()
    pinned, _ = install(shell, farm, stranger, "--yes", KEY_FINGERPRINT=signs.fingerprints[0])
    other, _ = install(shell, farm, stranger, "--yes", KEY_FINGERPRINT="A" * 40)

    for right in (done, pinned):
        assert f"checksums signed by {signs.fingerprints[0]}" in right.stderr
    assert (changed.returncode, notes) == (1, "")
    assert "the signature of the checksums is bad; nothing was installed" in changed.stderr
    assert f"and not by {'A' * 40}; nothing was installed" in other.stderr


@every_shell
def test_a_key_that_is_asked_for_must_have_signed(shell, farm, stranger):
    index(farm)
    done, notes = install(shell, farm, stranger, "--yes", KEY_FINGERPRINT="A" * 40)

    assert (done.returncode, notes) == (1, "")
    assert "KEY_FINGERPRINT is set" in done.stderr


@every_shell
def test_an_unknown_system_is_told_what_there_is_and_what_may_run(shell, farm, stranger):
    index(farm)
    done, notes = install(shell, farm, stranger, "--yes", OS_RELEASE=str(CHECKOUT / "tests/os_release/arch"))

    assert (done.returncode, notes) == (1, "")
    assert "no package is published for Arch Linux on amd64" in done.stderr
    assert "What is built for debian-12 should run here too: name a new folder for it, as in --folder ~/python" in (
        done.stderr
    )


@every_shell
@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--bogus"], "there is no option --bogus, see --help"),
        (["3.13", "3.12"], "one version at a time, and not 3.13 3.12"),
        (["--list", "--upgrade"], "one thing at a time: --list or --upgrade"),
        (["--symlink", "--folder", "x"], "--symlink links packages: it does not go with --folder"),
        (["--upgrade", "--folder", "/nonexistent/x"], "/nonexistent/x is not there: nothing to upgrade"),
        (["--folder"], "--folder wants a value"),
        (["--platform", "debian-12"], "--platform goes with --folder"),
        (["--platform", "beos", "--folder", "/tmp/x"], "beos is none of: ubuntu-2004"),
        (["3.11.9"], "there is no 3.11.9 for debian-12 on amd64. There are: 3.12.1 3.13.5"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_can(shell, farm, stranger, arguments, said):
    index(farm)
    done, notes = install(shell, farm, stranger, *arguments)

    assert (done.returncode, notes) == (1, "")
    assert said in done.stderr


@every_shell
def test_an_address_that_is_none_is_refused(shell, farm, stranger):
    done, _ = install(shell, farm, stranger, "--list", CDN_URL="cdn.example.org")

    assert "CDN_URL must be the address of a farm's store" in done.stderr


@every_shell
def test_what_the_farm_publishes_knows_its_address(shell, farm, stranger, tmp_path):
    index(farm)
    script = farm.store.read("python/install.sh")
    (tmp_path / "install.sh").write_bytes(script)
    environment = {k: v for k, v in os.environ.items() if k != "CDN_URL"}
    environment["OS_RELEASE"] = str(CHECKOUT / "tests/os_release/debian-12")
    done = subprocess.run(
        [*shell.split(), tmp_path / "install.sh", "--list"], capture_output=True, text=True, env=environment
    )

    assert script == published_installer(SCRIPT.read_text(), farm.url)
    assert done.stdout == "3.12.1\n3.13.5\n"


@every_shell
@pytest.mark.parametrize(
    "system, glibc, said",
    [
        ("kali-2026.3", "2.42", "What is built for debian-12 should run here too"),
        ("devuan-5", "2.36", "What is built for debian-12 should run here too"),
        ("neon-6.3", "2.39", "What is built for debian-12 should run here too"),
        ("elementary-8", "2.39", "What is built for debian-12 should run here too"),
        ("debian-sid", "2.42", "What is built for debian-12 should run here too"),
        ("tumbleweed", "2.42", "What is built for debian-12 should run here too"),
        ("fedora-41", "2.40", "What is built for debian-12 should run here too"),
        ("zorin-17", "2.35", "nothing is published that fits Zorin OS 17.3 on amd64 with glibc 2.35"),
        ("amazon-2023", "2.34", "nothing is published that fits Amazon Linux 2023.6.20250203 on amd64 with glibc 2.34"),
        ("cloudlinux-9.4", "2.34", "nothing is published that fits CloudLinux 9.4"),
        ("uos-20", "2.28", "nothing is published that fits UnionTech OS Desktop 20 Pro on amd64 with glibc 2.28"),
        ("alpine-3.20", "", "there is nothing for Alpine Linux v3.20, which has no glibc"),
        ("raspbian-12", "2.36", "CPython 3.13.5 for Raspbian GNU/Linux 12 (bookworm): pkgs/python-3.13.5_1_amd64.deb"),
    ],
)
def test_on_any_system_what_is_published_and_fits_is_offered(shell, farm, stranger, system, glibc, said):
    """The farm has only debian-12."""
    index(farm)
    for name in ("getconf", "ldd"):
        (stranger / name).write_text(f"#!/bin/sh\n{f'echo glibc {glibc}' if glibc else 'exit 1'}\n")
        (stranger / name).chmod(0o755)
    fixture = str(CHECKOUT / "tests/os_release" / system)
    done, notes = install(shell, farm, stranger, OS_RELEASE=fixture)
    listed, _ = install(shell, farm, stranger, "--list", OS_RELEASE=fixture)

    assert (done.returncode, notes) == (1, "")
    assert said in done.stderr
    assert listed.stdout == ("" if "nothing" in said else "3.12.1\n3.13.5\n")


@every_shell
def test_a_curl_that_ends_well_and_wrote_elsewhere_is_said(shell, farm, stranger):
    index(farm)
    (stranger / "curl").write_text("#!/bin/sh\nexit 0\n")
    (stranger / "curl").chmod(0o755)
    done, notes = install(shell, farm, stranger, "--yes")

    assert (done.returncode, notes) == (1, "")
    assert "a confined curl, as snap's is, writes elsewhere; install another" in done.stderr
    assert len(done.stderr.splitlines()) == 2


@every_shell
@pytest.mark.parametrize("place", ["a b", "noexec", "long" * 30])
def test_temporary_folders_may_be_anywhere(shell, farm, stranger, tmp_path, place, key):
    with signer(Settings(_env_file=None, state_dir=tmp_path, signing_key_file=key)) as signs:
        index(farm, signer=signs)
    (tmp_path / place).mkdir()
    mount = f"mount -t tmpfs -o noexec tmpfs '{tmp_path}/{place}' &&" if place == "noexec" else ""
    script = f"{mount} cd '{tmp_path}' && TMPDIR='{place}' {shell} {SCRIPT} --yes 3.13"
    environment = {**os.environ, "CDN_URL": farm.url, "PATH": f"{stranger}:{os.environ['PATH']}"}
    environment["OS_RELEASE"] = str(CHECKOUT / "tests/os_release/debian-12")
    if mount:
        needs_mounts()
    command = ["unshare", "--mount"] if mount else []
    done = subprocess.run([*command, "sh", "-c", script], capture_output=True, text=True, env=environment)

    assert "checksums signed by" in done.stderr
    (installed,) = re.findall("install (.*)/python-3.13.5_1_amd64.deb", (stranger / "notes").read_text())
    assert installed.startswith(f"{tmp_path}/{place}/")
    assert done.stderr.splitlines()[-1].endswith("/opt/python/3.13.5/bin/python3 does not run; it was removed again")


@every_shell
def test_a_missing_temporary_folder_is_said(shell, farm, stranger):
    index(farm)
    done, _ = install(shell, farm, stranger, "--yes", TMPDIR="/nonexistent")

    assert done.returncode == 1
    assert "no folder can be made in /nonexistent: set TMPDIR to one that you may write to" in done.stderr


@every_shell
def test_a_tool_that_is_missing_is_named(shell, farm, stranger, tmp_path):
    (tmp_path / "tools").mkdir()
    for name in (*(shell.split()[0] for shell in SHELLS), *TOOLS.split()):
        if name != "awk":
            (tmp_path / "tools" / name).symlink_to(shutil.which(name))
    done, _ = install(shell, farm, stranger, "--yes", PATH=f"{stranger}:{tmp_path}/tools")

    assert (done.returncode, done.stderr) == (1, "install.sh: this system has no awk, which is needed: install it\n")


@every_shell
def test_somebody_who_closes_the_terminal_s_input_has_not_said_yes(shell, farm, stranger):
    index(farm)
    values = {**os.environ, "PATH": f"{stranger}:{os.environ['PATH']}", "CDN_URL": farm.url}
    values["OS_RELEASE"] = str(CHECKOUT / "tests/os_release/debian-12")
    command = ["script", "--quiet", "--return", "--command", f"{shell} {SCRIPT}", "/dev/null"]
    done = subprocess.run(command, input="\x04", capture_output=True, text=True, env=values)

    assert "nothing was installed" in done.stdout
    assert not (stranger / "notes").exists()


@every_shell
def test_busybox_s_own_tools_are_enough(shell, farm, stranger, tmp_path):
    serve_tree(farm, tree(tmp_path / "made"))
    tools = tmp_path / "tools"
    tools.mkdir()
    subprocess.run(["busybox", "--install", "-s", tools], check=True)
    for name in ("dash", "bash", "busybox", "getconf"):
        (tools / name).unlink(missing_ok=True)
        (tools / name).symlink_to(shutil.which(name))
    folder = tmp_path / "mine"
    for said in ("run it: ", "nothing to do"):
        done, _ = install(shell, farm, stranger, "--yes", "--folder", str(folder), "3.13", PATH=str(tools))

        assert done.returncode == 0, done.stderr
        assert said in done.stderr


@every_shell
def test_package_managers_see_the_proxies_and_nothing_else_of_the_environment(shell):
    small = {"http_proxy": "h", "https_proxy": "", "all_proxy": "a", "no_proxy": ""}
    mine = {**small, "HTTPS_PROXY": "s", "NO_PROXY": "n", "PYTHONHOME": "/nope", "HOME": "/x"}
    done = sourced(shell, "as_root env", **mine)
    found = dict(line.split("=", 1) for line in done.stdout.splitlines())

    assert found.pop("PATH").split(":")[-2:] == ["/usr/sbin", "/sbin"]
    assert found == {
        "http_proxy": "h",
        "https_proxy": "s",
        "all_proxy": "a",
        "no_proxy": "n",
        "HOME": "/root",
        "LC_ALL": "C",
        "DEBIAN_FRONTEND": "noninteractive",
    }
