"""An untouched base system: make-base-root.sh."""

import os
import subprocess

from tests.script_runs import call, run, write


def test_a_base_system_that_exists_is_not_made_again(work):
    (work / "base").mkdir()
    done = run(work, "make-base-root.sh", "bookworm", "base")
    assert (done.returncode, done.stdout) == (0, "make-base-root.sh: base exists\n")


def test_the_archive_of_the_base_system_is_the_one_apt_uses(work):
    lines = [
        "http://a/debian/ x main",
        "http://a/debian/ x contrib",
        "http://a/debian/ x main",
        "http://s/ x-security main",
        "http://b/ y main",
    ]
    text = "\\n".join(lines)
    write(work / "pretended" / "apt-get", f"#!/bin/sh\nprintf '{text}\\n'\n", executable=True)
    path = f"{work / 'pretended'}:{os.environ['PATH']}"
    done = call(work, "make-base-root.sh", "suites_of_this_machine x", PATH=path)
    assert done.stdout.splitlines() == ["http://a/debian/ x main contrib", "http://s/ x-security main"]


def suites_of(work, lines, **environment):
    write(work / "lines", "".join(f"{line} x main\n" for line in lines))
    write(work / "pretended" / "apt-get", f"#!/bin/sh\ncat {work}/lines\n", executable=True)
    path = f"{work / 'pretended'}:{os.environ['PATH']}"
    return call(work, "make-base-root.sh", "suites_of_this_machine x", PATH=path, **environment)


def test_a_list_of_mirrors_is_as_good_as_its_first_and_what_a_base_system_cannot_reach_is_said(work):
    """As cloud images have them; apt itself says what they are called."""
    write(work / "mirrors", "# ours\nhttps://near/debian\tpriority:1\nhttp://far/debian\n")
    write(work / "folders", f"file:{work}/debian\nhttp://far/debian\n")
    (work / "debian" / "dists").mkdir(parents=True)
    for uri, reached in {
        f"mirror+file:{work}/mirrors/": "https://near/debian",
        f"mirror+file://{work}/mirrors/": "https://near/debian",
        f"mirror+copy:{work}/folders/": f"file:{work}/debian",
        "http://plain/debian/": "http://plain/debian/",
    }.items():
        assert suites_of(work, [uri]).stdout == f"{reached} x main\n"

    done = suites_of(work, ["tor+http://onion/", f"file:{work}/gone/"])
    assert done.stdout == ""
    assert "a base system cannot use 'tor+http://onion/' of this machine's apt, which is neither" in done.stderr
    assert f"'file:{work}/gone/' of this machine's apt: there is no folder {work}/gone/dists" in done.stderr


def test_an_archive_in_a_folder_is_one_whatever_apt_calls_it(work):
    (work / "debian" / "dists").mkdir(parents=True)
    configuration = work / "apt.conf"
    write(configuration, f'Acquire::cdrom::mount "{work}/debian/";\n')
    for uri in (
        f"file:{work}/debian/",
        f"file://{work}/debian/",
        f"copy:{work}/debian/",
        "cdrom://[Debian GNU/Linux 12.15.0 _Bookworm_ - Official amd64 DVD]/",
    ):
        done = suites_of(work, [uri], APT_CONFIG=str(configuration))
        assert done.stdout == f"file:{work}/debian x main\n", done.stderr


def test_a_disc_without_a_signature_is_trusted_where_apt_trusts_discs(work):
    (work / "debian" / "dists" / "x").mkdir(parents=True)
    mount = f'Acquire::cdrom::mount "{work}/debian/";\n'

    def is_trusted(configuration, uri=f"file:{work}/debian"):
        write(work / "apt.conf", mount + configuration)
        code = f"trusts_unsigned {uri} x"
        return call(work, "make-base-root.sh", code, APT_CONFIG=str(work / "apt.conf")).returncode == 0

    trusting = 'APT::Authentication::TrustCDROM "true";\n'
    assert is_trusted(trusting)
    assert not is_trusted("")
    assert not is_trusted(trusting, f"file:{work}/elsewhere")
    write(work / "debian" / "dists" / "x" / "InRelease", "signed")
    assert not is_trusted(trusting)


def test_an_archive_is_not_mounted_where_a_link_leads_out_of_the_base_system(work):
    (work / "root" / "srv").mkdir(parents=True)
    (work / "debian").mkdir()
    (work / "srv").symlink_to("debian")
    (work / "root" / str(work)[1:]).mkdir(parents=True)
    (work / "root" / str(work)[1:] / "srv").symlink_to("/srv")
    done = call(work, "make-base-root.sh", f"mount() {{ echo mounted; }}; mount_archives {work}/root {work}/srv")
    assert (done.returncode, done.stdout) == (1, "")
    assert "name the archive by another path" in done.stderr


# debootstrap, chroot and who we are, pretended; everything else of make-base-root.sh is real.
PRETENDED_DEBOOTSTRAP = """
archive_keyring() { echo keyring; }
suites_of_this_machine() { echo "http://archive/ x main"; }
acquire_settings() { :; }
id() { echo 0; }
chroot() { echo "in the root: ${*:2}"; }
unshare() {
    echo one >>debootstrapped
    mkdir -p base.unfinished/{etc/{dpkg/dpkg.cfg.d,apt/apt.conf.d},usr/share/{doc,man,info,locale}}
    sleep 0.3
    %s
}
main x base
"""


def test_two_who_make_the_same_base_system_make_it_once(work):
    write(work / "pretended" / "debootstrap", "#!/bin/sh\n", executable=True)
    path = f"{work / 'pretended'}:{os.environ['PATH']}"
    command = ["bash", "-c", f". scripts/steps/make-base-root.sh; {PRETENDED_DEBOOTSTRAP % ':'}"]
    both = [
        subprocess.Popen(command, cwd=work, env={**os.environ, "PATH": path}, stdout=subprocess.DEVNULL)
        for _ in range(2)
    ]
    assert [process.wait() for process in both] == [0, 0]
    assert (work / "debootstrapped").read_text() == "one\n"
    assert (work / "base" / "etc" / "apt" / "sources.list").read_text() == "deb http://archive/ x main\n"


def test_a_base_system_of_another_release_comes_from_this_machine_s_archive(work):
    write(work / "pretended" / "debootstrap", "#!/bin/sh\n", executable=True)
    path = f"{work / 'pretended'}:{os.environ['PATH']}"
    own = """
own_suite() { echo own; }
suites_of_this_machine() { [ "$1" != own ] || printf 'http://a/ own main non-free-firmware\\nhttp://s/ own-security main\\n'; }
main x base"""
    done = call(work, "make-base-root.sh", (PRETENDED_DEBOOTSTRAP % ":").replace("main x base", own), PATH=path)
    assert done.returncode == 0, done.stderr
    assert (work / "base" / "etc" / "apt" / "sources.list").read_text() == (
        "deb http://a/ x main\ndeb http://s/ x-security main\n"
    )


def test_a_base_system_that_could_not_be_finished_leaves_nothing(work):
    write(work / "pretended" / "debootstrap", "#!/bin/sh\n", executable=True)
    path = f"{work / 'pretended'}:{os.environ['PATH']}"
    done = call(work, "make-base-root.sh", PRETENDED_DEBOOTSTRAP % "return 1", PATH=path)
    assert done.returncode == 1
    assert (work / "debootstrapped").exists() and not list(work.glob("base*/")), done.stderr
