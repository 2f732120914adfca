"""Files of digests as people have them: what each program writes is understood, and what is not, is said."""

import codecs
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from python_builds.core.upstream.checksums import read_checksums

DIGEST = hashlib.sha256(b"a tarball").hexdigest()
OTHER = hashlib.sha256(b"another").hexdigest()
NAME = "Python-3.13.5.tgz"


@pytest.mark.parametrize(
    "line",
    [
        f"{DIGEST}  {NAME}",
        f"{DIGEST} *{NAME}",
        f"{DIGEST} ^{NAME}",
        f"{DIGEST}\t{NAME}",
        f"{DIGEST.upper()}  {NAME}",
        f"{DIGEST}  ./{NAME}",
        f"{DIGEST} *./{NAME}",
        f"{DIGEST}  3.13.5/{NAME}",
        f"{DIGEST}  /srv/python/{NAME}",
        f"{DIGEST} *C:\\python\\{NAME}",
        f"\\{DIGEST}  C:\\\\python\\\\{NAME}",
        f"SHA256 ({NAME}) = {DIGEST}",
        f"SHA256 (./{NAME}) = {DIGEST.upper()}",
        f"SHA256({NAME})= {DIGEST}",
        f"SHA2-256({NAME})= {DIGEST}",
        f"\n# of today\nMD5 ({NAME}) = {'0' * 32}\nSHA512 ({NAME}) = {'0' * 128}\nSHA256 ({NAME}) = {DIGEST}\n",
    ],
)
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
@pytest.mark.parametrize(
    "encode",
    [
        str.encode,
        lambda text: codecs.BOM_UTF8 + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
        lambda text: text.encode("utf-16-le"),
    ],
    ids=["utf-8", "utf-8 with a mark", "utf-16", "utf-16-be", "utf-16-le without a mark"],
)
def test_what_programs_write_is_understood(line, end, encode):
    read = read_checksums(encode(line + end))

    assert (dict(read.digests), read.problem) == ({NAME: DIGEST}, "")


@pytest.mark.parametrize("text", [DIGEST, f"{DIGEST.upper()}\r\n", f" {DIGEST} \n"])
def test_a_digest_alone_is_of_the_file_that_is_meant(text):
    assert read_checksums(text.encode(), of=NAME).digests == {NAME: DIGEST}
    assert read_checksums(text.encode()).problem == f"line 1 is no SHA-256 with a file's name: {text.strip()!r}"


@pytest.mark.parametrize(
    "line", [f"{DIGEST[:40]}  {NAME}", f"{DIGEST * 2}  {NAME}", f"{NAME}: {DIGEST}", f"Hash : {DIGEST}", "\0\1", NAME]
)
def test_what_is_not_understood_is_said_and_the_rest_counts(line):
    read = read_checksums(f"{OTHER}  other.tgz\n{line}\n{line}\n".encode())

    assert read.digests == {"other.tgz": OTHER}
    assert read.problem == f"line 2 is no SHA-256 with a file's name: {line[:80]!r}, and 1 more"


def test_two_digests_of_one_file_vouch_for_nothing():
    read = read_checksums(f"{DIGEST}  a/{NAME}\n{OTHER}  b/{NAME}\n{DIGEST}  {NAME}\n".encode())

    assert read.digests == {}
    assert read.problem == f"line 2 has another digest of {NAME} than a line before, and 1 more"


@given(st.binary())
def test_any_bytes_can_be_read(content):
    for digest in read_checksums(content, NAME).digests.values():
        assert len(digest) == 64
