"""Real CPythons from a farm of containers to the people who install them: by apt from a signed repository, and by uv.

The farm publishes in a bucket; a web server gives what is there, as a CDN does. debian-12 alone, unless ALL=1 says all;
an image is built where it is missing.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from python_builds.adapters.publishing.signing import signer
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.publishing.dsse import ENDING
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.settings.settings import Settings
from python_builds.core.workers.images import worker_image
from tests.docker.clients import (
    TRY_BESIDE,
    TRY_BROKEN,
    TRY_BY_NAME,
    TRY_INSTALL,
    TRY_INSTALLER,
    TRY_LINKS,
    TRY_MINOR,
    TRY_MOVED,
    TRY_PIP,
    TRY_UV,
    TRY_UV_MINOR,
    TRY_WITHOUT_ROOT,
)
from tests.docker.real_farm import CHOSEN, FIRST, NEWER_PIP, RELEASES, SECOND, Published, download_wheels
from tests.published import BUILT, Crawler, from_web

TRUST = {"debian-11": "signed-index", "debian-12": "signed-index", "debian-13": "openpgp"}
"""Who vouches: upstream's own signature lies beside the last one alone."""

WORKS_TOO = {("debian-12", "debian-13")}
"""Packages of the first that work on the second: its libraries' newer packages provide the older names."""

pytestmark = pytest.mark.timeout(3600)


@pytest.mark.parametrize("name", CHOSEN)
def test_a_package_is_checked_in_its_container(published: Published, name: str) -> None:
    (record,) = published.store.keys(f"quick/python/{name}/records/{RELEASES[name]}-")
    found = json.loads(published.store.read(record))

    assert found["checked"] is True
    assert found["python_version"] == RELEASES[name]
    assert found["source"]["trust"] == TRUST[name]


def test_every_link_of_every_index_leads_to_what_it_names(published: Published) -> None:
    seen = Crawler(from_web(published.web.url), keys=published.keys).crawl(map(platform_named, CHOSEN), "quick/")

    count = len(CHOSEN) + (len(CHOSEN) > 1)
    assert seen["index.json"] == seen["SHA256SUMS"] == BUILT * count
    assert seen["Packages.xz"] == 2 * seen["uv.json"] == 2 * count


@pytest.mark.parametrize("name", CHOSEN)
def test_apt_installs_a_package_by_name_on_a_bare_system_and_it_goes_without_a_trace(
    published: Published, name: str
) -> None:
    assert tried(published, name, name) == "WORKS"


if len(CHOSEN) > 1:

    @pytest.mark.parametrize("name, other", [(a, b) for a, b in product(CHOSEN, CHOSEN) if a != b])
    def test_a_package_on_another_release_is_refused_or_works(published: Published, name: str, other: str) -> None:
        assert tried(published, name, other) == ("WORKS" if (name, other) in WORKS_TOO else "REFUSED")


def tried(published: Published, name: str, on: str) -> str:
    """Try a platform's package in a container of a bare base image; return the last word of it."""
    done = published.client(name).run(TRY_BY_NAME, platform_named(on).base_image)
    assert done.returncode == 0, f"{name}'s package on {on}: installed and broken"
    if "REFUSED" in done.stdout:
        assert "unmet dependencies" in done.stdout + done.stderr
    return done.stdout.split()[-1]


@pytest.mark.parametrize("name", CHOSEN)
def test_lintian_says_nothing_of_a_package_that_is_not_explained(
    published: Published, name: str, tmp_path: Path
) -> None:
    for key in published.store.keys(f"quick/python/{name}/pkgs/"):
        if key.endswith(".deb") and RELEASES[name] in key:
            (tmp_path / key.rpartition("/")[2]).write_bytes(published.store.read(key))
    explained = CHECKOUT / "tests/docker/lintian-tags.txt"
    command = ["lintian", "--fail-on=error,warning", f"--suppress-tags-from-file={explained}"]
    debs = sorted(tmp_path.iterdir())
    done = subprocess.run([*command, *debs], capture_output=True, text=True)

    assert len(debs) >= 2
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.parametrize("name", CHOSEN)
def test_the_package_of_a_minor_brings_its_newest_patch_under_a_name_that_stays(
    published: Published, name: str
) -> None:
    version = RELEASES[name]
    minor = version.rpartition(".")[0]
    done = published.client(name).run(TRY_MINOR, platform_named(name).base_image, MINOR=minor)

    assert done.returncode == 0
    assert f"\n{version}\n/opt/python/{minor}/bin/python{minor}\n" in done.stdout
    assert f"Python {version}\n" in done.stdout
    assert f"python-{minor}: /usr/local/bin/python{minor} is not this package's and stays as it is" in done.stdout
    assert done.stdout.count("\nmine\n") == 2
    page = f"/srv/pythons/{version}/share/man/man1/python{minor}.1"
    assert done.stdout.count(f"{page}\n") == 2
    assert done.stdout.endswith("/srv/pythons\nWORKS\n")


@pytest.mark.parametrize("name", CHOSEN)
@pytest.mark.parametrize("tools, said", [("curl", "gpg is not installed"), ("curl gpg", "checksums signed by ")])
def test_the_quick_installer_installs_it_on_a_bare_system(
    published: Published, name: str, tools: str, said: str
) -> None:
    done = published.client(name).run(TRY_INSTALLER, platform_named(name).base_image, TOOLS=tools)

    assert done.returncode == 0
    assert done.stdout.endswith("WORKS\n")
    assert said in done.stderr


@pytest.mark.parametrize("name", CHOSEN)
def test_whoever_is_not_root_is_told_what_to_do_and_gets_a_folder_that_pip_s_things_outlive_updates_in(
    published: Published, name: str
) -> None:
    done = published.client(name).run(TRY_WITHOUT_ROOT, platform_named(name).base_image)

    assert done.returncode == 0
    assert "packages are installed by root: run this as root, or name a folder of yours with --folder" in done.stderr
    assert "/srv/mine/python/lib\n" in done.stdout
    assert "in the place of " in done.stderr
    assert "not all could be tried" not in done.stderr, "PYTHONHOME and PYTHONPATH are somebody's"
    assert done.stdout.endswith("WORKS\n")


ELSEWHERE = "dnf|zypper|uv |python-builds verify|127[.]0[.]0[.]1"
"""What the page's commands that a bare system cannot run have in common."""


def page_blocks() -> list[str]:
    """Give the page's commands for users, with sudo as root has it, and nothing that waits for an answer."""
    blocks = re.findall(r"```sh\n(.*?)```", (CHECKOUT / "docs" / "use.md").read_text(), re.DOTALL)
    for old, new in (
        ("https://cdn.example.org", "$CDN/quick"),
        ("sudo ", ""),
        ("apt-get ", "apt-get -y "),
        ("| sh\n", "| sh -s -- --yes\n"),
    ):
        blocks = [block.replace(old, new) for block in blocks]
    return [re.sub(r"--folder ~", "--yes --folder ~", block) for block in blocks]


@pytest.mark.parametrize("number", [n for n, block in enumerate(page_blocks()) if not re.search(ELSEWHERE, block)])
def test_the_page_s_commands_work_word_for_word(published: Published, number: int) -> None:
    """By root, whose new files nobody else may read, as apt's own user.

    All but those that are run in another place: dnf's and zypper's by test_rpm_repository.py, the others below.
    """
    prepare = "set -euo pipefail\nexport DEBIAN_FRONTEND=noninteractive\napt-get -q update\napt-get -q -y install curl gpg gpg-agent\ncd /tmp\numask 077\n"
    client = published.client("debian-12")
    done = client.run(prepare + page_blocks()[number], platform_named("debian-12").base_image)

    assert done.returncode == 0


def test_the_page_s_commands_that_verify_work_word_for_word_beside_a_checkout(
    published: Published, tmp_path: Path
) -> None:
    (block,) = [block for block in page_blocks() if "python-builds verify --key" in block]
    tarball = "python-3.11.2-debian-12.tar.gz"
    for name, key in (
        ("farm.pub", "python-builds.pub"),
        ("farm.asc", "python-builds.asc"),
        (tarball, f"debian-12/{tarball}"),
        (f"{tarball}{ENDING}", f"debian-12/{tarball}{ENDING}"),
    ):
        (tmp_path / name).write_bytes(published.store.read(f"quick/python/{key}"))
    environment = {"PATH": f"{CHECKOUT}:{os.environ['PATH']}", "HOME": str(tmp_path), "CDN": published.web.url}
    command = ["bash", "-euo", "pipefail", "-c", block]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("provenance   holds") == 2 and done.stdout.count("https://farm.example.org") == 2


def test_the_page_s_uv_commands_work_word_for_word(published: Published) -> None:
    (block,) = [block for block in page_blocks() if "uv venv" in block]
    uv = Path(sys.executable).parent / "uv"
    script = f"set -eu\ncd /tmp\n{block}\n.venv/bin/python --version"
    image = worker_image(platform_named("debian-12"))
    done = published.client("debian-12").run(script, image, f"--volume={uv}:/usr/bin/uv:ro")

    assert done.returncode == 0
    assert done.stdout.endswith("Python 3.11.2\n")


@pytest.mark.parametrize("trouble", ["a full disk", "a wrong checksum", "a broken download"])
def test_the_quick_installer_leaves_the_system_as_it_was(published: Published, trouble: str) -> None:
    name = CHOSEN[0]
    (package,) = [
        k for k in published.store.keys(f"quick/python/{name}/pkgs/python-{RELEASES[name]}_1") if k.endswith(".deb")
    ]
    published.web.changed = {
        "a full disk": {},
        "a wrong checksum": {package: published.store.read(package)[:-1] + b"X"},
        "a broken download": {package: None},
    }[trouble]
    size = "1m" if trouble == "a full disk" else "100m"
    try:
        done = published.client(name).run(
            TRY_BROKEN, platform_named(name).base_image, f"--tmpfs=/small:size={size},mode=1777"
        )
    finally:
        published.web.changed = {}

    assert done.returncode == 0
    assert "status 1\n" in done.stdout
    assert done.stdout.endswith("UNCHANGED\n")
    assert "nothing was installed" in done.stderr


if len(CHOSEN) > 1:

    def test_versions_stand_side_by_side(published: Published) -> None:
        name, other = SECOND
        done = published.client(name).run(TRY_BESIDE, platform_named(name).base_image, OTHER=other)

        assert done.returncode == 0
        assert done.stdout.startswith(f"{other}\n{RELEASES[name]}\n")
        assert f"Python {RELEASES[name]}\nPython {other}\n" in done.stdout


@pytest.mark.parametrize("name", CHOSEN)
def test_uv_installs_it_anywhere_makes_environments_and_extensions_are_built_with_it(
    published: Published, name: str
) -> None:
    uv = shutil.which("uv", path=str(Path(sys.executable).parent))
    assert uv, "uv is one of requirements-dev.txt"
    done = published.client(name).run(TRY_UV, worker_image(platform_named(name)), f"--volume={uv}:/usr/bin/uv:ro")

    assert done.returncode == 0
    assert done.stdout.endswith("WORKS\n")


@pytest.mark.parametrize("name", CHOSEN)
def test_uv_takes_the_newest_patch_of_a_minor_goes_on_to_the_next_and_leaves_pre_releases(
    published: Published, name: str
) -> None:
    version = RELEASES[name]
    documents = before_and_after(json.loads(published.store.read(f"quick/python/{name}/uv.json")), version)
    published.web.changed = {key: json.dumps(document).encode() for key, document in documents.items()}
    uv = Path(sys.executable).parent / "uv"
    image = worker_image(platform_named(name))
    done = published.client(name).run(TRY_UV_MINOR, image, f"--volume={uv}:/usr/bin/uv:ro")
    published.web.changed = {}

    assert done.returncode == 0
    before, after, *of = [line.split("-")[1] for line in done.stdout.splitlines()]
    older, minor = str(earlier(version)), version.rpartition(".")[0]
    assert (before, after) == (older, version)
    assert of[:2] == [version, version], "the link and an environment of before go on with it"
    assert of[2:] == [minor, version, minor, older, version], "of another folder first"


def earlier(version: str) -> Version:
    """Give the patch before."""
    minor, _, patch = version.rpartition(".")
    return Version(f"{minor}.{int(patch) - 1}")


def before_and_after(listed: dict[str, dict[str, Any]], version: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Give the farm's uv.json as it is, with pre-releases, and as if its version were one patch older."""
    (tag, entry), *_ = [(tag, entry) for tag, entry in listed.items() if f"-{version}-" in tag]
    minor, patch = entry["minor"], entry["patch"]
    new = {"prerelease": "rc1", "url": f"{entry['url']}.none"}
    found = {version: entry, str(earlier(version)): {**entry, "patch": patch - 1}}
    found[f"3.{minor}.{patch + 1}rc1"] = {**entry, **new, "patch": patch + 1}
    found[f"3.{minor + 1}.0rc1"] = {**entry, **new, "minor": minor + 1, "patch": 0}
    after = {tag.replace(version, name): one for name, one in found.items()}
    before = {name: one for name, one in after.items() if name != tag}
    return {"before/uv.json": before, "after/uv.json": after}


@pytest.mark.parametrize("name", CHOSEN)
def test_an_old_pip_is_renewed_as_the_page_says_word_for_word(published: Published, name: str, tmp_path: Path) -> None:
    command = r"sudo /opt/python/3[.]9[.]25/bin/python3 -m pip install --upgrade pip"
    (block,) = re.findall(rf"```sh\n({command} .*?)```", (CHECKOUT / "docs/quirks.md").read_text(), re.DOTALL)
    download_wheels(RELEASES[name], tmp_path, f"pip=={NEWER_PIP}", "setuptools")
    page = block.replace("sudo ", "").replace("3.9.25", RELEASES[name])
    image = platform_named(name).base_image
    done = published.client(name).run(TRY_PIP, image, f"--volume={tmp_path}:/wheels:ro", PAGE=page)

    assert re.search(f"`{command}`", (CHECKOUT / "docs/use.md").read_text())
    assert done.returncode == 0
    brought, had, has, new = [line for line in done.stdout.splitlines() if re.fullmatch("pip [0-9.]+", line)]
    assert brought == had != has == new == f"pip {NEWER_PIP}"


@pytest.mark.parametrize("name", CHOSEN)
def test_setuptools_and_meson_build_with_a_tree_that_was_unpacked_anywhere(
    published: Published, name: str, tmp_path: Path
) -> None:
    download_wheels(RELEASES[name], tmp_path, "setuptools", "wheel", "meson", "ninja")
    done = published.client(name).run(TRY_MOVED, worker_image(platform_named(name)), f"--volume={tmp_path}:/wheels:ro")

    assert done.returncode == 0
    assert done.stdout.endswith(f'["/srv/deeper/down/{RELEASES[name]}", 42.0]\nWORKS\n')


@pytest.mark.parametrize("name", CHOSEN)
def test_environments_are_made_through_whatever_name_or_link(published: Published, name: str, tmp_path: Path) -> None:
    version = RELEASES[name]
    # pip reads what is for older Pythons alone by the Python that it runs on itself.
    older = ("tomli", "typing-extensions") if Version(version) < Version("3.11") else ()
    download_wheels(version, tmp_path / "wheels", "virtualenv", "pipx", "pip", *older)
    (tarball,) = published.store.keys(f"quick/python/{name}/python-{version}-{name}.tar.gz")[:1]
    (tmp_path / "tree.tar.gz").write_bytes(published.store.read(tarball))
    subprocess.run(["tar", "-C", tmp_path, "-xzf", tmp_path / "tree.tar.gz"], check=True)
    tree = tmp_path / version
    uv = Path(sys.executable).parent / "uv"
    mounted = {tree: f"/opt/python/{version}", tmp_path / "wheels": "/wheels", uv: "/usr/bin/uv"}
    mounted |= {CHECKOUT / "tests/docker/links.py": "/links.py"}
    volumes = [f"--volume={here}:{there}:ro" for here, there in mounted.items()]
    done = published.client(name).run(
        TRY_LINKS, worker_image(platform_named(name)), *volumes, f"--volume={tree}:/mnt/bound:ro"
    )

    assert done.returncode == 0
    assert re.fullmatch(rf"[1-9][0-9]+ environments of {re.escape(version)}, 0 do not work\n", done.stdout)


@pytest.mark.parametrize("name", CHOSEN)
@pytest.mark.parametrize(
    "what, said",
    [
        ("/by-hash/", "Hash Sum mismatch|unexpected size"),
        ("InRelease", "not valid|invalid|isn't signed|NOSPLIT|Clearsigned|BADSIG|signature"),
        ("pkgs", "Hash Sum mismatch|unexpected size"),
    ],
)
def test_apt_refuses_what_was_tampered_with(published: Published, name: str, what: str, said: str) -> None:
    keys = published.store.keys(f"quick/python/{name}/")
    tampered = [key for key in keys if what in key and (what != "pkgs" or key.endswith(".deb"))]
    for key in tampered:
        content = published.store.read(key)
        published.web.changed[key] = (
            content.replace(b"Suite:", b"Suita:") if what == "InRelease" else content[:-1] + b"X"
        )
    try:
        done = published.client(name).run(TRY_INSTALL, platform_named(name).base_image)
    finally:
        published.web.changed.clear()

    assert tampered
    assert done.returncode != 0
    assert re.search(said, done.stdout + done.stderr)
    assert f"Setting up python-{RELEASES[name]}" not in done.stdout


def test_apt_refuses_an_index_that_another_key_signed(published: Published, tmp_path: Path) -> None:
    key = tmp_path / "stranger.asc"
    subprocess.run([CHECKOUT / "scripts/setup/make-signing-key.sh", key, "Stranger <s@example.org>"], check=True)
    (inrelease,) = [k for k in published.store.keys(f"quick/python/{FIRST}/dists/") if k.endswith("/InRelease")]
    release = published.store.read(inrelease.replace("InRelease", "Release"))
    with signer(Settings(_env_file=None, state_dir=tmp_path, signing_key_file=key)) as stranger:
        published.web.changed[inrelease] = stranger.sign(release, stranger.newest_key, clear=True)
    try:
        done = published.client(FIRST).run(TRY_INSTALL, platform_named(FIRST).base_image)
    finally:
        published.web.changed.clear()

    assert done.returncode != 0
    assert re.search("NO_PUBKEY|not signed|Missing key", done.stdout + done.stderr)
