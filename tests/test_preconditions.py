"""What a machine lacks is said in a sentence, and never passed over by CI."""

import pytest

from tests.preconditions import needs


def test_a_missing_precondition_skips_a_test_with_its_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)

    with pytest.raises(pytest.skip.Exception, match="^the moon is not full$"):
        needs(False, "the moon is not full")


def test_ci_fails_where_a_precondition_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match="^the moon is not full "):
        needs(False, "the moon is not full")
    needs(True, "the moon is not full")
