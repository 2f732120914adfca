"""Statements signed by an identity: against a Fulcio and a Rekor of the tests' own, with a provider's real tokens."""

import json
import subprocess
import sys
import threading
import time

import pytest

from python_builds.adapters.publishing import identity
from python_builds.adapters.publishing.identity import sign_by_identity
from python_builds.adapters.publishing.readiness import require_ready
from python_builds.adapters.stop import Stop, Stopped
from python_builds.adapters.upstream.sigstore_bundle import own_verifier, trust_config, verify_statement
from python_builds.core.errors import InvalidRequest, NotVerified, SigningError
from python_builds.core.settings.settings import Settings
from tests.e2e.identity import oidc_provider
from tests.sigstore_servers import IDENTITY, sigstore, token_of

STATED = {
    name: json.dumps(
        {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": name, "digest": {"sha256": f"{number:064x}"}}],
            "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": {},
        }
    ).encode()
    for number, name in enumerate(("python/a.deb", "python/b.tar.gz", "python/c.tar.gz"))
}


@pytest.fixture(scope="module")
def issuer():
    with oidc_provider() as url:
        yield url


@pytest.fixture
def servers(issuer):
    with sigstore(issuer) as made:
        yield made


@pytest.fixture
def settings(servers, issuer, tmp_path, monkeypatch):
    """Those of a farm whose agent has just renewed its token."""
    monkeypatch.setattr(identity, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(identity, "TRIES", 1)
    token = tmp_path / "token"
    token.write_text(token_of(issuer) + "\n")
    token.chmod(0o600)
    trust = servers.write_trust(tmp_path / "trust.json")
    return Settings(_env_file=None, sigstore_token_file=token, sigstore_trust_config=trust, state_dir=tmp_path)


def test_every_statement_is_signed_and_logged_and_whoever_knows_the_identity_can_verify_it(settings, servers, issuer):
    bundles, who = sign_by_identity(settings, STATED, Stop())

    assert who == f"{IDENTITY} of {issuer}"
    assert servers.asked.count("/api/v2/signingCert") == 1 and len(servers.log) == len(STATED)
    verifier = own_verifier(settings.sigstore_trust_config)
    for name, content in STATED.items():
        assert verify_statement(name, bundles[name], IDENTITY, issuer, verifier) == content


def test_sigstore_s_own_program_verifies_it(settings, issuer, tmp_path):
    artifact = tmp_path / "a.deb"
    artifact.write_bytes(b"")
    digest = subprocess.run(["sha256sum", artifact], capture_output=True, text=True, check=True).stdout[:64]
    stated = {"a.deb": STATED["python/a.deb"].replace(b"0" * 64, digest.encode())}
    bundles, _ = sign_by_identity(settings, stated, Stop())
    artifact.with_name("a.deb.sigstore.json").write_bytes(bundles["a.deb"])
    command = [sys.executable, "-m", "sigstore", "--trust-config", settings.sigstore_trust_config, "verify", "identity"]
    asked = ["--cert-identity", IDENTITY, "--cert-oidc-issuer", issuer, artifact]
    done = subprocess.run([*command, *asked], capture_output=True, text=True)

    assert done.returncode == 0 and "OK: " in done.stderr, done.stderr
    artifact.write_bytes(b"something else")
    assert subprocess.run([*command, *asked], capture_output=True).returncode


@pytest.mark.parametrize(
    "who, by, complaint",
    [
        ("spiffe://example.org/another", "{issuer}", "the wrong identity made it"),
        (IDENTITY, "https://another.example.org", "the wrong identity made it"),
    ],
)
def test_what_another_identity_has_signed_vouches_for_nothing(settings, issuer, who, by, complaint):
    bundles, _ = sign_by_identity(settings, {"a": STATED["python/a.deb"]}, Stop())

    with pytest.raises(NotVerified, match=complaint):
        verify_statement("a", bundles["a"], who, by.format(issuer=issuer), own_verifier(settings.sigstore_trust_config))


def test_what_another_sigstore_has_logged_vouches_for_nothing(settings, issuer):
    bundles, _ = sign_by_identity(settings, {"a": STATED["python/a.deb"]}, Stop())

    with pytest.raises(NotVerified, match="none that the trust root of the package sigstore .* knows"):
        verify_statement("a", bundles["a"], IDENTITY, issuer, own_verifier(None))


@pytest.mark.parametrize("part", ["payload", "sig"])
def test_a_bundle_that_was_changed_vouches_for_nothing(settings, issuer, part):
    bundles, _ = sign_by_identity(settings, {"a": STATED["python/a.deb"]}, Stop())
    document = json.loads(bundles["a"])
    holder = document["dsseEnvelope"] if part == "payload" else document["dsseEnvelope"]["signatures"][0]
    holder[part] = holder[part][:40] + ("B" if holder[part][40] == "A" else "A") + holder[part][41:]

    with pytest.raises(NotVerified):
        verify_statement(
            "a", json.dumps(document).encode(), IDENTITY, issuer, own_verifier(settings.sigstore_trust_config)
        )
    with pytest.raises(NotVerified, match="no sigstore bundle"):
        verify_statement("a", b"{", IDENTITY, issuer, own_verifier(settings.sigstore_trust_config))


def test_before_a_build_the_certificate_alone_is_asked_for(settings, servers, store):
    require_ready(settings, store, "optimized", Stop())

    assert servers.asked == ["/api/v2/signingCert"]


def test_servers_that_stumble_are_asked_again_and_then_told(settings, servers, monkeypatch):
    monkeypatch.setattr(identity, "TRIES", 3)
    servers.problems = [503]
    assert sign_by_identity(settings, STATED, Stop())[0].keys() == STATED.keys()
    servers.problems = [500] * 3
    with pytest.raises(SigningError, match=r"500 .*it is asked too much.*\(3 tries\)"):
        sign_by_identity(settings, STATED, Stop())


@pytest.mark.parametrize(
    "token, complaint",
    [
        ("no token", "Identity token is malformed or missing claims; DecodeError"),
        ("{of_others}", r"400 .*There was an error processing the identity token"),
        ("{for_others}", "InvalidAudienceError"),
    ],
)
def test_a_token_that_is_not_good_is_told_before_the_build(settings, store, issuer, token, complaint):
    with oidc_provider() as others:
        made = token.format(of_others=token_of(others), for_others=token_of(issuer, audience="another"))
        settings.sigstore_token_file.write_text(made)
        with pytest.raises(SigningError, match=rf"PYTHON_BUILDS_SIGSTORE_TOKEN_FILE.*{complaint}") as told:
            require_ready(settings, store, "optimized", Stop())
    assert made == "no token" or made not in str(told.value)


def test_servers_that_never_answer_end_a_build_and_nobody_waits_for_who_is_stopped(settings, servers, monkeypatch):
    servers.silent = threading.Event()
    monkeypatch.setattr(identity, "MAX_SECONDS", 3)
    with pytest.raises(SigningError, match="within 3 s"):
        sign_by_identity(settings, STATED, Stop())
    monkeypatch.setattr(identity, "MAX_SECONDS", 3600)
    stop = Stop()
    threading.Timer(1, stop.set, ["somebody did"]).start()
    began = time.monotonic()
    with pytest.raises(Stopped, match="somebody did"):
        sign_by_identity(settings, STATED, stop)
    assert time.monotonic() - began < 3000


def test_without_a_configuration_the_public_sigstore_is_meant(tmp_path):
    config = trust_config(None)

    assert config.signing_config.get_fulcio().url == "https://fulcio.sigstore.dev"
    assert config.signing_config.get_tlogs() and config.trusted_root.get_fulcio_certs()


@pytest.mark.parametrize("content", ["", "[]", '{"mediaType": "x"}', "{}"])
def test_a_configuration_that_is_none_is_told(tmp_path, content):
    path = tmp_path / "trust.json"
    path.write_text(content)

    with pytest.raises(InvalidRequest, match="is no client trust configuration of sigstore's"):
        trust_config(path)
