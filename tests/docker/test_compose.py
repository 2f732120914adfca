"""deploy/: two commands on a machine with an engine end with a farm behind TLS that builds in a container and publishes."""

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from python_builds.adapters.store.s3_client import make_client
from python_builds.adapters.store.s3_store import S3Store
from python_builds.core.publishing.artifacts import Product
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.settings.settings import Settings
from tests.adapters.test_metrics_text import GRAFANA, dashboard_queries, names_in
from tests.docker.pages import HOST, OPERATE, PRODUCTION, typed
from tests.docker.systemd import AN_OPERATOR_S, Machine, documented, machine
from tests.e2e.farms import free_port, mini_tarball, wait
from tests.e2e.identity import log_in, oidc_provider
from tests.preconditions import needs
from tests.published import publish
from tests.slapd import BASE, PASSWORD, make_slapd

INDEXES = ("index.json.asc", "versions.json", "debian-12/dists/bookworm/InRelease", "rhel-9/repodata/repomd.xml.asc")
SERVICES = ("master", "database", "store", "proxy")
COPIED = (
    "LICENSE",
    "Makefile",
    "deploy",
    "dockerfiles",
    "installer",
    "master",
    "requirements.txt",
    "scripts",
    "worker",
)
DASHBOARD = json.loads((GRAFANA / "dashboard.json").read_text())
TOLD = {
    "python_builds_builds_total",
    "python_builds_host_up",
    "python_builds_queue_builds",
    "process_cpu_seconds_total",
}
IMAGE = "python-builds-test-master"
TARBALLS = "deploy/settings/tarballs"
"""Where a container of the compose file sees them, too."""
MINUTES = 15
"""For the images, where nothing of them is there yet."""

pytestmark = pytest.mark.timeout(MINUTES * 60 + 300)

PREPARE, UP, BUILD = typed(PRODUCTION, "In containers")
GIVE_SECRET, RESTART, KEEP_SECRET, RELOAD = typed(PRODUCTION, "Logins")
SETTINGS = """\
PYTHON_BUILDS_SOURCES="mirror {tarballs}"
PYTHON_BUILDS_MINIMUM_TRUST=digest
PYTHON_BUILDS_PACKAGE_CHECK=false
PYTHON_BUILDS_AUTOMATIC_BUILDS=false
"""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A checkout of its own, of which compose runs a farm."""

    folder: Path
    name: str
    web: str
    published: str

    def compose(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Do with the farm what docs/production.md has no line for."""
        return self.run("docker-compose", "--file", "deploy/compose.yaml", *arguments)

    def type(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run a line of a page in a shell: on this machine, with compose as Debian calls it, without a terminal."""
        ports = [url.rpartition(":")[2] for url in (self.web, self.published)]
        here = line.replace(HOST, f"localhost {' '.join(ports)}").replace("docker compose ", "docker-compose ")
        return self.run("bash", "-c", here.replace(" exec master ", " exec -T master "))

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command there; all that other farms on this engine have, too, has a name of the test's own."""
        images = {f"FARM_{name.upper()}_IMAGE": f"python-builds-test-{name}" for name in (*SERVICES, "copy")}
        names = {"COMPOSE_PROJECT_NAME": self.name, "FARM_WORKERS_NETWORK": f"{self.name}-workers"}
        return subprocess.run(
            command,
            cwd=self.folder,
            env={**os.environ, **images, **names},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=MINUTES * 60,
        )

    def gateway(self) -> str:
        """Give the address at which the farm's containers reach this machine."""
        asked = ("docker", "network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}")
        return self.run(*asked, f"{self.name}-workers").stdout.strip()

    def secret(self, name: str) -> str:
        """Read one."""
        return (self.folder / "deploy" / "secrets" / name).read_text().strip()

    def account(self) -> tuple[str, str]:
        """Give the operator's name and password."""
        return "operator", self.secret("web-password")

    def bucket(self, name: str) -> S3Store:
        """Reach a bucket of the store as its account does, past the proxy."""
        container = self.compose("ps", "--quiet", "store").stdout.strip()
        address = f'{{{{(index .NetworkSettings.Networks "{self.name}_inside").IPAddress}}}}'
        values = {
            "s3_bucket": name,
            "s3_endpoint_url": f"http://{self.run('docker', 'inspect', '--format', address, container).stdout.strip()}:7480",
            "s3_path_style": True,
            "s3_region": "default",
            "s3_credentials_file": self.folder / "deploy" / "secrets" / "s3-credentials",
        }
        return S3Store(bucket=name, make_client=partial(make_client, Settings(_env_file=None, **values)))

    def session(self) -> requests.Session:
        """Make a browser that knows the certificate."""
        made = requests.Session()
        made.trust_env = False
        made.verify = str(self.folder / "deploy" / "secrets" / "tls-certificate")
        return made


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployment]:
    """Give a farm by the two commands of docs/production.md, and remove all that is left of it but its images."""
    needs(shutil.which("docker-compose"), "it runs compose: apt-get install docker-compose")
    folder = Path(tempfile.mkdtemp(prefix="python-builds-deploy-", dir="/var/tmp"))
    folder.chmod(0o755)
    web, store = free_port(), free_port()
    made = Deployment(
        folder=folder,
        name=f"python-builds-test-{os.getpid()}",
        web=f"https://localhost:{web}",
        published=f"https://localhost:{store}",
    )
    copy_checkout(folder)
    try:
        prepared = made.type(PREPARE)
        assert prepared.returncode == 0, prepared.stdout
        with (folder / "deploy/settings/farm.env").open("a") as file:
            file.write(SETTINGS.format(tarballs="/etc/python-builds/tarballs"))
        mini_tarball(folder / TARBALLS, "3.11.2")
        up = made.type(UP)
        assert up.returncode == 0, f"{up.stdout[-3000:]}\n{made.compose('logs', '--tail=40').stdout}"
        yield made
    finally:
        made.compose("down", "--volumes", "--timeout=20")
        shutil.rmtree(folder)


def copy_checkout(folder: Path) -> None:
    """Copy what the images and the two commands take; Python's libraries are this checkout's: making them takes a minute."""
    for name in COPIED:
        if (CHECKOUT / name).is_dir():
            unwanted = AN_OPERATOR_S if name == "deploy" else shutil.ignore_patterns("__pycache__")
            shutil.copytree(CHECKOUT / name, folder / name, ignore=unwanted)
        else:
            shutil.copy2(CHECKOUT / name, folder / name)
    shutil.copy2(CHECKOUT / ".dockerignore", folder)
    (folder / ".venv").symlink_to(CHECKOUT / ".venv")
    (folder / TARBALLS).mkdir(parents=True)


def test_the_page_for_operators_has_the_same_two_commands() -> None:
    assert typed(OPERATE, "Into production") == [PREPARE, UP]


def test_two_commands_end_with_a_build_in_a_container_that_is_published(deployed: Deployment) -> None:
    visitor = deployed.session()
    wait(lambda: visitor.get(f"{deployed.web}/healthz/ready").status_code == 200, "the proxy")
    done = deployed.type(BUILD.replace("3.13.5", "3.11.2"))

    assert done.returncode == 0, done.stdout
    record = visitor.get(f"{deployed.published}/quick/python/debian-12/records/3.11.2-amd64-r1.json").json()
    assert record["image"]["name"] == "python-builds-worker:debian-12"
    for artifact in record["artifacts"]:
        assert len(visitor.get(f"{deployed.published}/{artifact['key']}").content) == artifact["size"]
    assert visitor.get(f"{deployed.published}/python/python-builds.asc").text.startswith("-----BEGIN PGP PUBLIC KEY")
    assert visitor.put(f"{deployed.published}/python/index.json", data=b"mine").status_code == 403


def test_the_farm_is_behind_its_login_events_too(deployed: Deployment) -> None:
    visitor, operator = deployed.session(), deployed.session()
    closed = ("/api/v2/builders", "/sse/listen/builds/*/finished", "/ws", "/plugins/overview/")
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}

    assert [visitor.get(f"{deployed.web}{path}").status_code for path in closed] == [403] * len(closed)
    assert visitor.get(f"{deployed.web}/metrics").status_code == 401
    login = operator.get(f"{deployed.web}/auth/login", auth=deployed.account())
    assert login.status_code == 200
    assert [cookie.secure for cookie in operator.cookies] == [True]
    key = {"Sec-WebSocket-Key": "x3JJHMbDL1EzLkh9GBhXDw==", "Origin": deployed.web}
    with operator.get(f"{deployed.web}/ws", headers={**upgrade, **key}, stream=True) as events:
        assert events.status_code == 101
    with operator.get(f"{deployed.web}/sse/listen/builds/*/finished", stream=True) as events:
        assert events.status_code == 200
    wrong = [visitor.get(f"{deployed.web}/auth/login", auth=("operator", str(n))).status_code for n in range(12)]
    assert 401 in wrong
    assert wrong[-1] == 429, "the proxy limits attempts by address"


def test_prometheus_reads_the_metrics_by_the_token_and_answers_what_the_dashboard_asks(
    deployed: Deployment, tmp_path: Path
) -> None:
    needs(shutil.which("prometheus"), "it runs a real one: apt-get install prometheus")
    secrets, port = deployed.folder / "deploy" / "secrets", free_port()
    job = {
        "job_name": "python-builds",
        "scrape_interval": "1s",
        "scheme": "https",
        "tls_config": {"ca_file": str(secrets / "tls-certificate")},
        "authorization": {"credentials_file": str(secrets / "metrics-token")},
        "static_configs": [{"targets": [deployed.web.removeprefix("https://")]}],
    }
    (tmp_path / "prometheus.yaml").write_text(json.dumps({"scrape_configs": [job]}))
    command = ["prometheus", f"--config.file={tmp_path}/prometheus.yaml", f"--storage.tsdb.path={tmp_path}/data"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([*command, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
    session = requests.Session()
    session.trust_env = False

    def found(query: str) -> list[Any]:
        answer = session.get(f"http://127.0.0.1:{port}/api/v1/query", params={"query": query}, timeout=30)
        assert answer.ok, f"{query}: {answer.text}"
        return list(answer.json()["data"]["result"])

    def is_up() -> bool:
        with contextlib.suppress(requests.ConnectionError):
            ready = session.get(f"http://127.0.0.1:{port}/-/ready", timeout=30).ok
            return ready and [one["value"][1] for one in found("up")] == ["1"]
        return False

    target = deployed.web.removeprefix("https://")
    asked = [
        query.replace("$instance", target).replace("$job", "python-builds") for query in dashboard_queries(DASHBOARD)
    ]
    queries = [query for query in asked if query and not query.startswith("label_values")]

    def told() -> set[str]:
        return {metric for query in queries if found(query) for metric in names_in(query)}

    try:
        wait(is_up, "the metrics to be read")
        assert len(queries) > 12
        wait(lambda: told() >= TOLD, "what a farm that has built something tells")
    finally:
        process.terminate()
        process.wait()


def test_no_service_has_more_than_it_needs(deployed: Deployment) -> None:
    ids = deployed.compose("ps", "--quiet").stdout.split()
    described = json.loads(deployed.run("docker", "inspect", *ids).stdout)
    by_name = {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in described}
    everything = json.dumps(described)

    assert {*by_name} == {*SERVICES}
    for name in ("master", "proxy"):
        assert by_name[name]["Config"]["User"].partition(":")[0] not in ("", "0", "root")
        assert by_name[name]["HostConfig"]["CapDrop"] == ["ALL"]
        assert by_name[name]["HostConfig"]["ReadonlyRootfs"]
    assert {name for name, one in by_name.items() if any(one["NetworkSettings"]["Ports"].values())} == {"proxy"}
    for file in ("database-password", "web-password"):
        assert deployed.secret(file) not in everything
    for path in (deployed.folder / "deploy" / "secrets").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_container_that_is_made_anew_has_the_same_farm(deployed: Deployment) -> None:
    made = deployed.compose("up", "--detach", "--force-recreate", "--no-deps", "master")
    assert made.returncode == 0, made.stdout
    operator = deployed.session()
    wait(lambda: operator.get(f"{deployed.web}/healthz/ready").status_code == 200, "the new master")

    status = deployed.compose("exec", "-T", "master", "python-builds", "status")
    assert status.returncode == 0, status.stdout
    reindexed = deployed.compose("exec", "-T", "master", "python-builds", "reindex", "--digests")
    assert reindexed.returncode == 0, reindexed.stdout
    assert "all up to date" in reindexed.stdout


def test_preparing_again_needs_no_name_and_changes_nothing_that_is_there(deployed: Deployment) -> None:
    def kept() -> dict[str, bytes]:
        folders = ("deploy/secrets", "deploy/settings")
        files = [deployed.folder / "deploy/.env", *(f for name in folders for f in (deployed.folder / name).rglob("*"))]
        return {str(file): file.read_bytes() for file in files if file.is_file()}

    before = kept()
    done = deployed.run("deploy/prepare.sh")

    assert done.returncode == 0, done.stdout
    assert len(before) > 5 and kept() == before


def test_the_copy_of_the_database_is_put_back_by_the_commands_of_docs_production(deployed: Deployment) -> None:
    def builds() -> int:
        asked = "psql --username=farm --tuples-only --command='SELECT count(*) FROM builds' \"$POSTGRES_DB\""
        return int(deployed.compose("exec", "-T", "database", "sh", "-c", asked).stdout)

    copy, put_back = typed(PRODUCTION, "Upgrade, and back again")
    before = builds()
    copied = deployed.type(copy)
    assert copied.returncode == 0, copied.stdout
    assert deployed.type(BUILD.replace("3.13.5", "3.11.2")).returncode == 0
    assert builds() > before > 0
    deployed.compose("stop", "master")
    done = deployed.type(put_back)
    assert done.returncode == 0, done.stdout
    assert "ERROR" not in done.stdout
    assert builds() == before
    deployed.compose("start", "master")
    operator = deployed.session()
    wait(lambda: operator.get(f"{deployed.web}/healthz/ready").status_code == 200, "the master with the copy")


def contents(store: S3Store) -> dict[str, tuple[str, ...]]:
    """Read a whole bucket: of each object its digest, and what clients and the farm are told of it."""
    heads = {key: store.client.head_object(Bucket=store.bucket, Key=key) for key in store.keys("")}
    told = {key: (head["ContentType"], head["CacheControl"], head["Metadata"]["sha256"]) for key, head in heads.items()}
    return {key: (store.digest(key), *told[key]) for key in heads}


def test_a_farm_that_is_lost_but_for_a_copy_of_its_bucket_and_its_key_has_the_same_indexes_to_the_byte(
    deployed: Deployment, make_product: Callable[..., Product]
) -> None:
    copy_out, *restore = typed(PRODUCTION, "Back up and restore")
    *restore, reindex = restore
    assert restore[-1] == UP
    secrets = deployed.folder / "deploy" / "secrets"
    for product in (("3.13.5",), ("3.12.1", "rhel-9")):  # packages that were tried, which indexes name
        publish(deployed.bucket("pythons"), make_product(*product))
    written = deployed.type(reindex.removesuffix("--digests"))
    assert written.returncode == 0, written.stdout
    before = contents(deployed.bucket("pythons"))
    copied = deployed.type(copy_out)
    assert copied.returncode == 0, copied.stdout
    lost = deployed.compose("down", "--volumes")
    assert lost.returncode == 0, lost.stdout
    assert deployed.run("docker", "volume", "ls", "--quiet", f"--filter=name={deployed.name}").stdout == ""
    shutil.copy(secrets / "signing-key", deployed.folder)
    shutil.rmtree(secrets)
    for line in restore:
        done = deployed.type(line)
        assert done.returncode == 0, f"{line}: {done.stdout}"
    visitor = deployed.session()
    wait(lambda: visitor.get(f"{deployed.web}/healthz/ready").status_code == 200, "the restored master")
    checked = deployed.type(reindex)
    page = visitor.get(f"{deployed.published}/python/index.html")

    assert checked.returncode == 0, checked.stdout
    assert "all up to date" in checked.stdout
    assert contents(deployed.bucket("pythons")) == before
    assert {*before} >= {f"python/{name}" for name in INDEXES}
    assert page.headers["Content-Type"].startswith("text/html") and "3.13.5" in page.text


def test_the_proxy_limits_what_one_address_asks_for(deployed: Deployment) -> None:
    visitor, operator = deployed.session(), deployed.session()
    wait(lambda: visitor.get(f"{deployed.web}/healthz/ready").status_code == 200, "the proxy")
    wait(lambda: operator.get(f"{deployed.web}/auth/login", auth=deployed.account()).status_code == 200, "a login")

    large = visitor.post(f"{deployed.web}/api/v2/builds/1", data=b"x" * (2**20 + 1))
    claimed = visitor.get(f"{deployed.web}/", headers={"X-Remote-User": "operator", "X-Proxy-Secret": "x"})
    listening = [operator.get(f"{deployed.web}/sse/listen/builds/{n}/finished", stream=True) for n in range(22)]
    for one in listening:
        one.close()

    assert large.status_code == 413
    assert claimed.url.endswith("/auth/login")
    assert [one.status_code for one in listening] == [200] * 20 + [429] * 2
    for address in (f"{deployed.web}/icon.svg", f"{deployed.published}/quick/python/debian-12/index.json"):
        statuses = asked_at_once(visitor, address)
        assert 429 not in statuses[:100], "a page asks for a hundred things at once"
        assert 429 in statuses, address


def asked_at_once(visitor: requests.Session, address: str) -> list[int]:
    """Ask until something is refused, by connections that stay open: a machine that is busy asks slowly."""
    visitor.mount(address, HTTPAdapter(pool_maxsize=16))
    statuses: list[int] = []
    with ThreadPoolExecutor(16) as pool:
        while 429 not in statuses and len(statuses) < 6000:
            statuses += pool.map(lambda url: visitor.head(url, timeout=30).status_code, [address] * 600)
    return statuses


HERE = '[{{"name": "here", "url": "unix:///docker.sock", "master": "machine", "network": "{network}"}}]'
FARM_ENV = "/etc/python-builds/farm.env"
CREDENTIALS = "/etc/python-builds/s3-credentials"
CONNECTION_REFUSED = 7
"""As curl's exit status."""
READY = "curl --silent --fail http://127.0.0.1:8010/healthz/ready"
BUILDERS = "https://machine/api/v2/builders"
HTTPS = "curl --silent --cacert /etc/python-builds/tls-certificate --output /dev/null --write-out '%{http_code}'"


def install(one: Machine, deployed: Deployment) -> None:
    """Do what docs/production.md has an operator do, who edits the settings, and has an engine and a bucket's account."""
    commands, _ = documented()
    service = "/opt/python-builds/deploy/systemd/python-builds.service"
    one.ask(f"sed -i 's/^#SupplementaryGroups/SupplementaryGroups/' {service}")
    one.ask('groupadd --gid "$(stat --format %g /docker.sock)" --non-unique docker')
    for command in commands:
        if command.startswith("systemctl enable"):
            one.ask(
                f"install -m 600 -o python-builds /dev/stdin {CREDENTIALS}", f"{deployed.secret('s3-credentials')}\n"
            )
            one.edit(
                FARM_ENV,
                web_url="https://machine",
                docker_hosts=f"'{HERE.format(network=f'{deployed.name}-workers')}'",
                worker_host="0.0.0.0",
                worker_port=9989,
                s3_bucket="systemd",
                s3_credentials_file=CREDENTIALS,
                s3_endpoint_url="http://store:7480",
                s3_path_style="true",
                s3_region="default",
            )
            one.ask(f"cat >>{FARM_ENV}", f"{SETTINGS.format(tarballs='/tarballs')}PYTHON_BUILDS_PLATFORMS=debian-12\n")
        one.ask(command)
    wait(lambda: one.run(READY).returncode == 0, "the master")


def know_people_by(one: Machine, directory: str) -> dict[str, str]:
    """Have people come by a proxy, and their groups from a directory, without a restart; say what who may look gets."""
    one.ask(f"cat >login-secret && {KEEP_SECRET}", "what the proxy shows")
    one.ask(f"cat >ldap-password && {KEEP_SECRET.replace('login-secret', 'ldap-password')}", PASSWORD)
    one.edit(
        FARM_ENV,
        web_login="proxy",
        login_secret_file="/etc/python-builds/login-secret",
        ldap_url=directory,
        ldap_user=f"cn=admin,{BASE}",
        ldap_password_file="/etc/python-builds/ldap-password",
        ldap_accounts=f"ou=people,{BASE}",
        ldap_groups=f"ou=groups,{BASE}",
        web_builders='"@Farm Builders"',
    )
    one.ask(RELOAD)
    found = {}
    for name in ("anna", "eve"):
        proxy = f"--header 'X-Remote-User: {name}' --header 'X-Proxy-Secret: what the proxy shows'"
        one.ask(f"{HTTPS} --cookie-jar /root/{name} {proxy} http://127.0.0.1:8010/auth/login")
        found[name] = one.ask(f"sed -i s/127.0.0.1/machine/ /root/{name}; {HTTPS} --cookie /root/{name} {BUILDERS}")
    return found


def test_systemd_runs_a_master_behind_nginx_by_the_commands_of_docs_production_that_builds_and_publishes_to_s3(
    deployed: Deployment,
) -> None:
    socket = f"{os.environ.get('FARM_DOCKER_SOCKET', '/var/run/docker.sock')}:/docker.sock"
    mounts = (f"--volume={deployed.folder / TARBALLS}:/tarballs:ro", f"--volume={socket}")
    networks = (f"{deployed.name}-workers", f"{deployed.name}_inside")
    _, status = documented()
    build = status.removesuffix("status") + "build --version=3.11.2 --platform=debian-12"
    store = deployed.bucket("systemd")
    store.client.create_bucket(Bucket=store.bucket)
    with machine(f"{deployed.name}-systemd", IMAGE, networks, *mounts) as one:
        wait(lambda: one.run("systemctl is-system-running").stdout.strip() == "running", "systemd")
        install(one, deployed)
        one.ask(status)
        one.ask(build)
        record = json.loads(store.read("quick/python/debian-12/records/3.11.2-amd64-r1.json"))
        published = store.keys("quick/python/debian-12/")
        account = '"operator:$(cat /etc/python-builds/web-password)"'
        strangers = one.ask(f"{HTTPS} {BUILDERS}")
        one.ask(f"{HTTPS} --cookie-jar /root/jar --user {account} https://machine/auth/login")
        operators, cookies = one.ask(f"{HTTPS} --cookie /root/jar {BUILDERS}"), one.ask("cat /root/jar")
        beside = deployed.compose("exec", "-T", "master", "curl", "--silent", "http://machine:8010/healthz/live")
        through = deployed.compose("exec", "-T", "master", "curl", "--insecure", "https://machine/healthz/live")
        with make_slapd(deployed.gateway()) as directory:
            roles = know_people_by(one, directory)
        first = one.ask("systemctl show --property=MainPID --value python-builds")
        one.ask(f"kill -KILL {first}")
        wait(lambda: one.run(READY).returncode == 0, "the master that systemd started again")
        second = one.ask("systemctl show --property=MainPID --value python-builds")
        one.ask("systemctl stop python-builds")
        ended = one.ask("systemctl show --property=ActiveState --property=Result --value python-builds").split()
        local = one.run("ls /var/lib/python-builds/store").stdout

    assert record["image"]["name"] == "python-builds-worker:debian-12"
    assert [artifact["kind"] for artifact in record["artifacts"] if artifact["key"].endswith(".tar.zst")]
    assert "quick/python/debian-12/index.json.asc" in published
    assert {*published} >= {artifact["key"] for artifact in record["artifacts"]}
    assert "quick" not in local, "what goes into a bucket is in no folder"
    assert (strangers, operators) == ("403", "200")
    assert roles == {"anna": "200", "eve": "403"}, "by the directory's groups, without a restart"
    assert "#HttpOnly_machine\tFALSE\t/\tTRUE\t" in cookies, "by TLS alone"
    assert beside.returncode == CONNECTION_REFUSED and through.returncode == 0, "nginx alone is open to others"
    assert first != second
    assert sorted(ended) == ["inactive", "success"]


OIDC = """\
PYTHON_BUILDS_WEB_LOGIN=oidc
PYTHON_BUILDS_LOGIN_URL={issuer}
PYTHON_BUILDS_LOGIN_CLIENT_ID=farm
PYTHON_BUILDS_LOGIN_SECRET_FILE=/etc/python-builds/login-secret
PYTHON_BUILDS_WEB_BUILDERS="@release"
"""


def test_people_log_in_by_openid_connect_through_the_proxy_and_the_operator_by_his_account(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")  # else the provider wants TLS on all addresses but localhost
    (deployed.folder / "login-secret").write_text("a secret of the farm's\n")
    anna, eve, operator = (deployed.session() for _ in range(3))
    builders = f"{deployed.web}/api/v2/builders"
    with oidc_provider(deployed.gateway(), anna=["release"], eve=[]) as issuer:
        with (deployed.folder / "deploy/settings/farm.env").open("a") as file:
            file.write(OIDC.format(issuer=issuer))
        for line in (GIVE_SECRET, RESTART):
            done = deployed.type(line)
            assert done.returncode == 0, done.stdout
        wait(lambda: operator.get(f"{deployed.web}/healthz/ready").status_code == 200, "the master with another login")
        _, back = log_in(f"{deployed.web}/", "anna", browser=anna)
        log_in(f"{deployed.web}/", "eve", browser=eve)
    wait(lambda: operator.get(f"{deployed.web}/auth/login?local=1", auth=deployed.account()).ok, "a login")

    assert back.headers["Location"].startswith(deployed.web), back.text
    assert [browser.get(builders).status_code for browser in (anna, eve, operator)] == [200, 403, 200]
    assert (deployed.folder / "deploy/settings/login-secret").stat().st_mode & 0o077 == 0
