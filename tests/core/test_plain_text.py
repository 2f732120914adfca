"""Text of others on one line."""

import pytest

from python_builds.core.errors import InvalidRequest
from python_builds.core.plain_text import MAX_WORDS, few_words, plain


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07done", "]0;titledone"),
        ("a\x00b\x7fc\x9bd\u202ee", "abcde"),
        (" two\twords ", "two\twords"),
        ("\ud800", ""),
    ],
)
def test_what_moves_a_terminal_is_left_out(text, left):
    assert plain(text) == left


def test_what_a_person_says_is_one_line_of_bounded_length():
    assert few_words("REASON", " new\r\n\x1b[2Jdisk ") == "new disk"
    assert few_words("REASON", "x" * MAX_WORDS) == "x" * MAX_WORDS
    with pytest.raises(InvalidRequest, match="REASON has 201 characters; 200 are allowed"):
        few_words("REASON", "x" * 201)
