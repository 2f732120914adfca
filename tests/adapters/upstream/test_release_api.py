"""JSON of one server: asked by conditions, counted, kept; the poller's tests have python.org's own shapes."""

import pytest

from python_builds.adapters.stop import Stop
from python_builds.adapters.upstream.release_api import KeptApi
from python_builds.core.errors import NotAnswered

NOW = 1_800_000_000


@pytest.fixture
def api(site, tmp_path):
    return KeptApi(site.url, tmp_path / "kept.json", counted=True, attempts=3)


def ask(api, known=None):
    return api.ask(["/a"], known, NOW, Stop())


def test_what_is_kept_is_asked_for_only_if_it_has_changed(site, api):
    site.answer("/a", b'{"b": [1]}', headers={"ETag": '"one"'})
    first = ask(api)
    api.keep(first)
    site.answer("/a", status=304)

    assert first.documents["/a"].body == {"b": [1]}
    assert ask(api, api.read()).documents == first.documents


@pytest.mark.parametrize("body", [b"<html>", b"", b"\xff\xfe", b'{"a":', b"[" * 200_000])
def test_what_is_no_json_is_an_error(site, api, body):
    site.answer("/a", body)

    with pytest.raises(NotAnswered, match=rf"^{site.url}/a is no JSON \(.*, {len(body)} bytes\)"):
        ask(api)
    assert len(site.asked) == 1, "asking again is no help"


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_is_not_asked_again(site, api, status):
    site.answer("/a", status=status)

    with pytest.raises(NotAnswered, match=f"answers {status}"):
        ask(api)
    assert len(site.asked) == 1


def test_every_attempt_counts(site, api):
    site.answer("/a", status=503)
    site.answer("/a", b"[]")
    ask(api)

    assert len(site.asked) == 2
    assert api.calls.left(NOW) == 98


def test_a_day_s_requests_are_not_exceeded(site, api):
    for _ in range(100):
        api.calls.count(NOW)

    with pytest.raises(NotAnswered, match="grants 100 requests a day, which are used up until"):
        ask(api)
    assert site.asked == []
