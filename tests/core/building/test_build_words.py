"""What a build says of itself in a line."""

from python_builds.core.building.build_words import CANCELLED, FAILED, GOOD, TO_COME, parts_of_release, sentence


def test_a_build_begins_with_what_it_is_of():
    assert sentence(["CPython 3.12.4, quick", "configure failed: no compiler"]) == (
        "CPython 3.12.4, quick: configure failed: no compiler"
    )
    assert sentence(["CPython 3.12.4, quick", "a", "a", "b"]) == "CPython 3.12.4, quick: a; b"
    assert sentence(["4.0.0 is no version"]) == "4.0.0 is no version"


def test_a_release_says_what_became_of_its_builds():
    ended = {"a": GOOD, "b": FAILED, "c": None, "d": CANCELLED, "e": FAILED}

    assert parts_of_release(ended) == "2 failed (b, e), 1 cancelled (d), 1 of 5 built, 1 still to come"
    assert parts_of_release(dict.fromkeys("ab", GOOD)) == "2 of 2 built"
    assert parts_of_release({"a": GOOD}, 3, ["no worker for arm64"]) == (
        "1 of 1 built, 3 existed already; no worker for arm64"
    )
    assert parts_of_release({}, 2) == "2 existed already"
    assert parts_of_release({}) == "nothing to build"


def test_only_a_release_whose_builds_have_not_all_ended_says_so():
    assert TO_COME in parts_of_release({"a": None})
    assert TO_COME not in parts_of_release({"a": GOOD, "b": FAILED}, 1, ["no worker"])
