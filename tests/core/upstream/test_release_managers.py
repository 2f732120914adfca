"""Who may sign releases."""

import pytest

from python_builds.core.settings.settings import ConfigurationError, load_settings
from python_builds.core.upstream.release_managers import RELEASE_MANAGERS, has_openpgp

GOOD = '"identity": "a@python.org", "issuer": "https://accounts.google.com"'


@pytest.fixture
def load(monkeypatch):
    def load_with(text):
        monkeypatch.setenv("PYTHON_BUILDS_RELEASE_MANAGERS", text)
        return load_settings()

    return load_with


def test_openpgp_ends_with_3_14():
    assert [has_openpgp(minor) for minor in ("3.9", "3.13", "3.14", "3.100", "4.0")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert {minor for minor, manager in RELEASE_MANAGERS.items() if has_openpgp(minor)} == {
        minor for minor, manager in RELEASE_MANAGERS.items() if manager.fingerprint
    }


def test_a_manager_is_read_from_the_settings(load):
    text = f'{{"3.18": {{{GOOD}}}, "3.13": {{{GOOD}, "name": "Jo", "fingerprint": "{"A" * 40}"}}}}'

    managers = load(text).release_managers

    assert (managers["3.18"].identity, managers["3.18"].fingerprint) == ("a@python.org", "")
    assert (managers["3.13"].name, managers["3.13"].fingerprint) == ("Jo", "A" * 40)


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("Jo", "it must be a JSON list of objects, or for release managers an object"),
        ("[]", "PYTHON_BUILDS_RELEASE_MANAGERS is '[]': must be a valid dictionary"),
        ('{"3.18": {"identity": "a@python.org"}}', "PYTHON_BUILDS_RELEASE_MANAGERS 3.18 issuer"),
        ('{"3.18": {GOOD, "key": "A"}}', "PYTHON_BUILDS_RELEASE_MANAGERS 3.18 key"),
        ('{"3.18": {"identity": "a b", "issuer": "https://a"}}', "3.18 identity is 'a b'"),
        ('{"3.18": {"identity": "a", "issuer": "accounts.google.com"}}', "3.18 issuer is 'accounts.google.com'"),
        ('{"3.13": {GOOD, "fingerprint": "E5FA6305"}}', "3.13 fingerprint is 'E5FA6305'"),
        ('{"3.13": {GOOD, "fingerprint": "LOWER"}}', "3.13 fingerprint is 'aaaa"),
        ('{"3.14": {GOOD, "fingerprint": "UPPER"}}', "3.14 must have no fingerprint: CPython has no"),
        ('{"3.18.0": {GOOD}}', "'3.18.0' must be a minor, as in 3.18"),
        ('{"three": {GOOD}}', "'three' must be a minor, as in 3.18"),
        ('{"03.18": {GOOD}}', "'03.18' must be a minor, as in 3.18"),
        ('{"../../etc": {GOOD}}', "must be a minor, as in 3.18"),
    ],
)
def test_a_wrong_manager_is_a_problem_that_names_what_is_wrong(load, text, sentence):
    with pytest.raises(ConfigurationError) as refused:
        load(text.replace("GOOD", GOOD).replace("LOWER", "a" * 40).replace("UPPER", "A" * 40))

    assert sentence in " ".join(refused.value.problems)
