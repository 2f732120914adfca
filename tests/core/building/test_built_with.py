"""How a build was made, as its worker tells it and its record keeps it."""

import json

import pytest

from python_builds.core.building.built_with import MAX_DESCRIPTION_BYTES, parse_built_with
from python_builds.core.documents import dump
from python_builds.core.errors import InvalidRequest
from python_builds.core.publishing.record_keys import record_key
from python_builds.core.publishing.records import parse_record
from python_builds.core.publishing.snapshots import Found, Snapshot

TOLD = {
    "compiler": "gcc (Debian 12.2.0-14) 12.2.0",
    "target": "x86_64-linux-gnu",
    "linker": "GNU ld 2.40",
    "libc": "glibc 2.36",
    "configure": ["--enable-shared"],
    "make": ["CFLAGS_NODIST=-g"],
    "libraries": {"libz.so.1": "zlib1g 1:1.2.13.dfsg-1"},
    "modules": ["_ssl", "zlib"],
    "builtin_modules": ["sys"],
    "tests": {"passed": 43, "skipped": ["test_curses"]},
}


def told(**changes: object) -> bytes:
    return json.dumps({**TOLD, **changes}).encode()


def test_a_record_keeps_it_and_a_snapshot_does_without(make_record) -> None:
    record = make_record().model_copy(update={"built_with": parse_built_with(told()), "recipe": "0123"})
    key = record_key(record.product, 1)
    again = parse_record(key, dump(record))

    assert again.built_with is not None
    assert again.built_with.libraries == TOLD["libraries"]
    snapshot, damaged = Snapshot().take_up([Found(key=key, record=record, sha256="a" * 64)])
    (kept,) = snapshot.records
    assert damaged == {}
    assert kept.built_with is None
    assert kept.recipe == "0123"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "none: Invalid JSON"),
        (told(tests={"passed": 0}), "tests.passed"),
        (told(surprise=1), "surprise"),
        (b" " * (MAX_DESCRIPTION_BYTES + 1), "500000 bytes"),
    ],
)
def test_what_is_no_description_is_refused(content: bytes, complaint: str) -> None:
    with pytest.raises(InvalidRequest, match=complaint):
        parse_built_with(content)
