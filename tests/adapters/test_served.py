"""A store in a folder that somebody serves, wherever, and never told the farm: every client finds what it wants there.

The folder is made under umasks that keep things to oneself; its path has a blank, and its address a prefix with one.
"""

import functools
import html
import json
import os
import re
import stat
import subprocess
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urljoin

import pytest
import requests

from python_builds.adapters.indexes.indexing import Indexing
from python_builds.adapters.publishing.readiness import require_ready
from python_builds.adapters.publishing.revisions import reserve_revision
from python_builds.adapters.stop import Stop
from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.core.indexes.addresses import UNKNOWN
from python_builds.core.settings.settings import Settings
from python_builds.core.upstream.tags import parse_tag
from tests.published import Crawler, from_web, publish
from tests.uv import Uv, uv_tree

FOLDERS = {"debian-12": "3.13.5", "rhel-9": "3.13.6", "opensuse-160": "3.14.0"}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        """Keep quiet."""


@pytest.fixture
def umask(request):
    before = os.umask(getattr(request, "param", 0o077))
    yield
    os.umask(before)


@pytest.fixture
def served(umask, tmp_path, make_product):
    """Publish, and serve the folder from below a prefix; give the store and its address."""
    store = DirectoryStore(tmp_path / "www" / "some where" / "output")
    require_ready(Settings(_env_file=None, state_dir=tmp_path), store, "optimized", Stop())
    for platform, version in FOLDERS.items():
        tree = uv_tree(parse_tag(version))
        for profile in ("optimized", "quick"):
            product = make_product(version, platform, profile=profile)
            publish(store, product, reserve_revision(store, product, "a test"), contents={"uv": tree})
    for profile in ("optimized", "quick"):
        Indexing(store=store, profile=profile).run()
    (tmp_path / "www" / "prefix").symlink_to("some where")
    handler = functools.partial(Quiet, directory=tmp_path / "www")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield store, f"http://127.0.0.1:{server.server_port}/some%20where/output"
        server.shutdown()


def lines_of(page, address):
    """Give the page's commands as a person copies them."""
    text = page.replace("https://WHERE-YOU-SEE-THIS", address)
    found = re.findall("<pre[^>]*>(.*?)</pre>", text, re.DOTALL)
    return [html.unescape(re.sub("<[^>]*>", "", one)) for one in found]


def run(command, folder, **environment):
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**{k: v for k, v in os.environ.items() if k != "CDN_URL"}, **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("umask", [0o022, 0o027, 0o077], ids=oct, indirect=True)
def test_everyone_may_read_what_is_served_and_nobody_what_the_farm_keeps_for_itself(served):
    store, _ = served
    kept = re.compile("(quick/)?python/(unindexed(/.*)?|write-test[.]txt|[^/]+/reservations(/.*)?)")
    found = {path.relative_to(store.root).as_posix(): path for path in store.root.rglob("*")}
    modes = {name: (path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for name, path in found.items()}

    assert {name for name, (_, mode) in modes.items() if not mode & 0o044} == set(filter(kept.fullmatch, modes))
    assert {mode for name, mode in modes.items() if not kept.fullmatch(name)} == {(True, 0o755), (False, 0o644)}
    assert stat.S_IMODE(store.root.stat().st_mode) == 0o755
    assert {"python", "quick", "quick/python"} <= {*modes}
    assert not [name for name in modes if "lock" in name or "/." in f"/{name}"]


def test_nothing_that_is_served_names_a_place_on_the_farm_s_disk(served):
    store, _ = served
    for key in store.keys(""):
        content = store.read(key)
        assert str(store.root).encode() not in content and store.root.as_uri().encode() not in content, key


@pytest.mark.parametrize("prefix", ["", "/quick"])
def test_programs_find_all_that_the_indexes_name(served, prefix):
    store, address = served
    seen = Crawler(from_web(address)).crawl([], f"{prefix[1:]}/".lstrip("/"))
    entries = [
        (f"{address}{prefix}/python/{platform}/uv.json", entry)
        for platform in FOLDERS
        for entry in json.loads(store.read(f"{prefix}/python/{platform}/uv.json".lstrip("/"))).values()
    ]

    assert seen["index.json"] > 0
    assert len(entries) == len(FOLDERS)
    for index, entry in entries:
        assert requests.get(urljoin(index, entry["url"]), timeout=30).ok


@pytest.mark.parametrize("prefix", ["", "/quick"])
@pytest.mark.parametrize("by", ["http", "file"])
def test_the_page_s_lines_work_where_the_page_is_seen(served, tmp_path, prefix, by):
    store, address = served
    if by == "file":
        address = store.root.as_uri()
    page = subprocess.check_output(["curl", "-fsSL", f"{address}{prefix}/python/index.html"], text=True)
    install, apt, uv, repo, _, zypper, _ = lines_of(page, address + prefix)
    system = tmp_path / "os-release"
    system.write_text('ID=debian\nVERSION_ID="12"\n')

    assert run(f"{install} -s -- --list", tmp_path, OS_RELEASE=str(system)) == "3.13.5\n"
    run(uv.splitlines()[0], tmp_path)
    Uv(tmp_path)(tmp_path / "uv.json", "install", "3.13")
    assert Uv(tmp_path).installed("cpython-3.13-linux-x86_64-gnu") == "Python 3.13.5"
    for lines, platform in ((repo, "rhel-9"), (zypper, "opensuse-160")):
        made = run(lines.splitlines()[0].partition("| sudo")[0], tmp_path)
        assert f"baseurl={address}{prefix}/python/{platform}\n" in made
        assert UNKNOWN not in made
    # Over HTTP apt (2.6) asks for a blank as it is, which no server takes for an address.
    apt_get(apt.replace("some%20where", "prefix") if by == "http" else apt, tmp_path)


def apt_get(lines, folder):
    """Follow the page's lines with the real apt, on folders of its own."""
    source = re.search('^echo "(deb .*)" [|] sudo', lines, re.MULTILINE)[1]
    for name in ("state/lists/partial", "cache/archives/partial", "etc/apt.conf.d", "etc/preferences.d"):
        (folder / name).mkdir(parents=True)
    (folder / "sources.list").write_text(f"{source}\n")
    (folder / "status").write_text("")
    options = {
        "Dir::Etc": folder / "etc",
        "Dir::Etc::SourceList": folder / "sources.list",
        "Dir::Etc::SourceParts": "-",
        "Dir::State": folder / "state",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "APT::Architecture": "amd64",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
    }
    given = [f"-o{name}={value}" for name, value in options.items()]
    for command in (["update", "-oAPT::Update::Error-Mode=any"], ["download", "python-3.13.5"]):
        done = subprocess.run(["apt-get", *given, *command], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert next(folder.glob("*.deb")).read_text() == "the bytes of python-3.13.5_1_amd64.deb"


@pytest.mark.parametrize("name", ["install.sh", "./install.sh", "{0}/install.sh"])
def test_an_installer_that_lies_in_the_tree_takes_what_lies_beside_it(served, tmp_path, name):
    store, _ = served
    folder = store.root / "python"
    system = tmp_path / "os-release"
    system.write_text('ID=debian\nVERSION_ID="12"\n')

    assert run(f"sh '{name.format(folder)}' --list", folder, OS_RELEASE=str(system)) == "3.13.5\n"


def test_an_installer_that_nobody_told_where_it_is_from_asks_for_that(served, tmp_path):
    store, _ = served
    done = subprocess.run(
        ["sh", "-s", "--", "--list"], cwd=tmp_path, input=store.read("python/install.sh"), capture_output=True
    )

    assert done.returncode == 1
    assert b"curl -fsSL https://cdn.example.org/python/install.sh | CDN_URL=https://cdn.example.org sh" in done.stderr
