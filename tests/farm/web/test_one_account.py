"""The web UI's account, and who guesses at its password."""

from twisted.cred.credentials import UsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from python_builds.farm.web.web_login import MAX_WAITING, WAIT_SECONDS, OneAccount


class OneAccountTest(SynchronousTestCase):
    def test_of_many_who_guess_at_once_ten_are_looked_at_in_a_second(self) -> None:
        clock = Clock()
        account = OneAccount("operator", "right", clock)
        looked_at = [account.requestAvatarId(attempt("wrong")) for _ in range(MAX_WAITING)]
        unseen = account.requestAvatarId(attempt("right"))

        assert (MAX_WAITING, WAIT_SECONDS) == (10, 1)
        assert "too many attempts" in str(self.failureResultOf(unseen, UnauthorizedLogin).value)
        for one in looked_at:
            self.assertNoResult(one)

        clock.advance(WAIT_SECONDS)
        for one in looked_at:
            assert "wrong user or password" in str(self.failureResultOf(one, UnauthorizedLogin).value)
        assert self.successResultOf(account.requestAvatarId(attempt("right"))) == b"operator"


def attempt(password: str) -> UsernamePassword:
    return UsernamePassword(b"operator", password.encode())
