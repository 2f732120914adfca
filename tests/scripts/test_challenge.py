"""A question that only a working interpreter answers: challenge.py."""

import subprocess

from tests.script_runs import SCRIPTS
from tests.scripts.trees import PYTHONS


def test_a_challenge_has_the_same_answer_everywhere_and_another_for_another_nonce():
    answers = {
        n: subprocess.check_output([p, SCRIPTS / "checks" / "challenge.py", n]) for n in ("1", "2") for p in PYTHONS
    }

    assert len(set(answers.values())) == 2
    known = b"5a79342278953508342bbb6ce290950334c69d386751f8ce490bca978c5e0ac7\n"
    assert {subprocess.check_output([p, SCRIPTS / "checks" / "challenge.py", "deadbeef00112233"]) for p in PYTHONS} == {
        known
    }
