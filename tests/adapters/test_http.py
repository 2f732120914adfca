"""HTTP for the sources, against a real server: bounded in time and size, tried again where that can help."""

import socket

import pytest

from python_builds.adapters import http
from python_builds.adapters.stop import Stop
from python_builds.core.errors import NotAnswered, SourceError


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(http, "TIMEOUT", (2, 0.2))


@pytest.fixture
def nobody():
    """A URL where nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def get(url, **options):
    return http.get(url, Stop(), max_bytes=10, **options)


@pytest.mark.parametrize("status", [200, 304, 404])
def test_an_answer_that_says_something_is_given(site, status):
    site.answer("/a", b"[1]" if status == 200 else b"", status=status, headers={"ETag": "x"})
    page = get(f"{site.url}/a")

    assert (page.status, page.body, page.headers["ETag"]) == (status, b"[1]" if status == 200 else b"", "x")


@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_any_other_answer_is_an_error_at_once_with_the_wait_that_is_asked_for(site, status):
    site.answer("/a", status=status, headers={"Retry-After": "86400"})

    with pytest.raises(NotAnswered, match=rf"^{site.url}/a answers {status}$") as refused:
        get(f"{site.url}/a")
    assert (refused.value.retry_after, len(site.asked)) == (86400, 1)


def test_an_answer_without_an_end_is_left(site):
    site.answer("/a", b"[" + b" " * 100 + b"]")

    with pytest.raises(SourceError, match="larger than the 10 bytes"):
        get(f"{site.url}/a")


def test_an_answer_that_is_not_whole_in_its_time_is_given_up(site):
    site.answer("/a", b"[1]", headers={"Content-Length": 10}, stalls=True)

    with pytest.raises(SourceError, match=r"/a did not answer within 0 s: \d+ bytes came; it was given up$"):
        get(f"{site.url}/a", seconds=0.2)


def test_a_redirect_to_nonsense_is_an_error(site, tmp_path):
    site.answer("/a", status=302, headers={"Location": "http://[::1:9/"})

    for ask in (get, lambda url: http.download(url, tmp_path / "a", Stop())):
        with pytest.raises(SourceError, match="redirects to no URL, which is not followed: Invalid IPv6 URL"):
            ask(f"{site.url}/a")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_server_that_stumbles_is_asked_again(site, status, tmp_path):
    site.answer("/a", status=status)
    site.answer("/a", status=status)
    site.answer("/a", b"[]")
    http.download(f"{site.url}/a", tmp_path / "a", Stop())

    assert (tmp_path / "a").read_bytes() == b"[]"
    assert site.asked == ["GET /a"] * 3


def test_a_server_that_stays_down_is_given_up(site, tmp_path):
    site.answer("/a", status=503)

    with pytest.raises(SourceError, match=rf"^cannot fetch {site.url}/a: too many 503 error responses$"):
        http.download(f"{site.url}/a", tmp_path / "a", Stop())
    assert len(site.asked) == 4


def test_a_throttle_that_asks_for_a_day_of_patience_is_an_error_now(site, tmp_path):
    site.answer("/a", status=429, headers={"Retry-After": "86400"})

    with pytest.raises(SourceError, match="too many 429 error responses"):
        http.download(f"{site.url}/a", tmp_path / "a", Stop())


@pytest.mark.parametrize("status", [400, 401, 404])
def test_a_refusal_is_not_asked_again(site, status, tmp_path):
    site.answer("/a", status=status)

    with pytest.raises(SourceError, match=rf"cannot fetch .*: {status} Client Error"):
        http.download(f"{site.url}/a", tmp_path / "a", Stop())
    assert len(site.asked) == 1


def test_a_server_that_does_not_answer_is_given_up(site, impatient):
    site.answer("/a", headers={"Content-Length": 10}, stalls=True)

    with pytest.raises(SourceError, match=r"Read timed out"):
        get(f"{site.url}/a")


def test_where_nobody_listens_is_said_in_words(nobody):
    with pytest.raises(SourceError, match=rf"^{nobody} cannot be read: .*Connection refused$") as refused:
        get(nobody)

    assert "object at 0x" not in str(refused.value)
    assert "HTTPConnection(" in str(refused.value), "and no name of a class of ours"


def test_a_file_that_is_there_exists(site):
    site.answer("/a", b"a file")

    assert http.exists(f"{site.url}/a", Stop())
    assert site.asked == ["HEAD /a"]


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_file_that_is_not_to_be_had_does_not_exist(site, status):
    site.answer("/a", status=status)

    assert not http.exists(f"{site.url}/a", Stop())


def test_a_redirect_is_followed_to_see_whether_a_file_exists(site):
    site.answer("/a", status=302, headers={"Location": "/b"})
    site.answer("/c", status=302, headers={"Location": "/d"})
    site.answer("/b")

    assert http.exists(f"{site.url}/a", Stop())
    assert not http.exists(f"{site.url}/c", Stop())


@pytest.mark.parametrize("status", [400, 501])
def test_an_odd_answer_does_not_say_whether_a_file_exists(site, status):
    site.answer("/a", status=status)

    with pytest.raises(SourceError, match=rf"^{site.url}/a answers {status} "):
        http.exists(f"{site.url}/a", Stop())


def test_a_server_that_is_down_does_not_say_whether_a_file_exists(nobody):
    with pytest.raises(SourceError, match=f"^cannot ask for {nobody}/a: "):
        http.exists(f"{nobody}/a", Stop())


def test_a_file_is_downloaded_as_it_is(site, tmp_path):
    content = bytes(range(256)) * 4096
    site.answer("/a", status=500)
    site.answer("/a", content)

    http.download(f"{site.url}/a", tmp_path / "a", Stop())

    assert (tmp_path / "a").read_bytes() == content


def test_a_file_that_is_too_large_is_not_downloaded_to_its_end(site, tmp_path):
    site.answer("/a", b"x" * 2**20)

    with pytest.raises(SourceError, match=rf"^{site.url}/a is larger than the 100 bytes "):
        http.download(f"{site.url}/a", tmp_path / "a", Stop(), max_bytes=100)
    assert (tmp_path / "a").stat().st_size < 2**20


def test_a_file_of_the_largest_size_is_downloaded(site, tmp_path):
    site.answer("/a", b"x" * 100)

    http.download(f"{site.url}/a", tmp_path / "a", Stop(), max_bytes=100)

    assert (tmp_path / "a").stat().st_size == 100


def test_a_connection_that_is_dropped_is_an_error_not_a_short_file(site, tmp_path):
    site.answer("/a", b"half", headers={"Content-Length": 8, "Connection": "close"})

    with pytest.raises(SourceError, match=f"^cannot fetch {site.url}/a: "):
        http.download(f"{site.url}/a", tmp_path / "a", Stop())


def test_a_download_that_stalls_is_given_up(site, tmp_path, impatient):
    site.answer("/a", headers={"Content-Length": 10}, stalls=True)

    with pytest.raises(SourceError, match=rf"^cannot fetch {site.url}/a: .*Read timed out"):
        http.download(f"{site.url}/a", tmp_path / "a", Stop())


def test_a_download_of_what_is_not_there_is_an_error(site, tmp_path):
    with pytest.raises(SourceError, match=r"cannot fetch .*: 404 Client Error"):
        http.download(f"{site.url}/a", tmp_path / "a", Stop())


@pytest.mark.parametrize(
    "url",
    [
        "http://www.python.org/ftp/a",
        "https://www.python.org.evil.example/a",
        "https://www.python.org@evil.example/a",
        "https://www.python.org:8443/a",
        "https://evil.example/https://www.python.org/",
        "https://evil.example\\@www.python.org/a",
        "https://WWW.PYTHON.ORG/a",
        "HTTPS://www.python.org/a",
        " https://www.python.org/a",
        "//www.python.org/a",
        "file:///etc/passwd",
        "ftp://www.python.org/a",
        "http://169.254.169.254/latest/meta-data",
        "",
    ],
)
def test_a_url_that_does_not_start_as_it_must_is_asked_of_nobody(tmp_path, url, monkeypatch):
    monkeypatch.setattr(http.requests.Session, "request", lambda *_, **__: pytest.fail("somebody was asked"))

    within = ["https://www.python.org/"]
    for ask in (
        lambda: http.exists(url, Stop(), within),
        lambda: http.download(url, tmp_path / "a", Stop(), within=within),
    ):
        with pytest.raises(SourceError, match=r" is not fetched: it must start with https://www\.python\.org/$"):
            ask()
    assert not (tmp_path / "a").exists()


def test_redirects_that_go_in_circles_are_given_up(site, tmp_path):
    site.answer("/a", status=302, headers={"Location": "/b"})
    site.answer("/b", status=302, headers={"Location": "/a"})

    with pytest.raises(SourceError, match=r"is not fetched: more than 5 redirects lead to it$"):
        http.download(f"{site.url}/a", tmp_path / "a", Stop())


def test_each_redirect_is_checked_and_not_only_the_first(site, tmp_path):
    site.answer("/in/a", status=302, headers={"Location": "/in/b"})
    site.answer("/in/b", status=307, headers={"Location": "/in/../out"})
    site.answer("/out", b"out")

    with pytest.raises(SourceError, match=rf"^{site.url}/out is not fetched"):
        http.download(f"{site.url}/in/a", tmp_path / "a", Stop(), within=[f"{site.url}/in/"])
    assert site.asked == ["GET /in/a", "GET /in/b"]
