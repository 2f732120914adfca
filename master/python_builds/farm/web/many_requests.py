"""Cancelling many build requests by one question.

Buildbot takes one at a time, and asks its database a dozen times for each: 3,000 of them took it half a minute.
"""

from collections.abc import Sequence
from typing import Any

from buildbot.data.buildrequests import BuildRequestsEndpoint
from buildbot.data.exceptions import InvalidPathError
from buildbot.data.resultspec import Filter, ResultSpec
from buildbot.db.buildrequests import AlreadyClaimedError
from buildbot.process.results import CANCELLED
from buildbot.www.rest import JSONRPC_CODES, BadJsonRpc2
from twisted.internet import defer

from python_builds.farm.web.form_values import MAX_NUMBER

MOST = 500
"""Of one question, which is answered when all of them have ended."""


class ManyRequests(BuildRequestsEndpoint):
    """All build requests, of which some can be cancelled."""

    @defer.inlineCallbacks
    def control(self, action: str, args: dict[str, Any], kwargs: dict[str, Any]) -> Any:
        """Cancel those that nobody has begun, and ask for the end of those that run; what has ended stays as it is.

        Raises:
            InvalidPathError: if there is no request of a number; then nothing is cancelled.
        """
        numbers = set(args["buildrequestids"])
        found = yield self.get(ResultSpec(filters=[Filter("buildrequestid", "eq", sorted(numbers))]), {})
        if lacking := numbers - {one["buildrequestid"] for one in found}:
            raise InvalidPathError(f"there is no buildrequests/{min(lacking)}")
        waiting = [one["buildrequestid"] for one in found if not one["claimed"] and not one["complete"]]
        running = [one["buildrequestid"] for one in found if one["claimed"] and not one["complete"]]
        if not (yield self._cancel(waiting)):
            running += waiting
        for number in running:
            event = ("control", "buildrequests", str(number), "cancel")
            self.master.mq.produce(event, {"reason": args.get("reason", "no reason")})

    @defer.inlineCallbacks
    def _cancel(self, numbers: Sequence[int]) -> Any:
        """Do what Buildbot does to one, and say whether nobody else had begun one of them meanwhile."""
        if not numbers:
            return True
        try:
            yield self.master.db.buildrequests.claimBuildRequests(numbers)
        except AlreadyClaimedError:
            return False
        yield self.master.data.updates.completeBuildRequests(numbers, CANCELLED)
        return True


def require_request_ids(params: dict[str, Any]) -> None:
    """See that these are numbers of requests.

    Raises:
        BadJsonRpc2: with a sentence.
    """
    numbers = params.get("buildrequestids")
    if not isinstance(numbers, list) or not all(type(one) is int and 0 < one <= MAX_NUMBER for one in numbers):
        said = f"buildrequestids is {numbers!r:.40}: it must be a list of numbers from 1 to {MAX_NUMBER}"
    elif len(numbers) > MOST:
        said = f"buildrequestids has {len(numbers)} numbers; {MOST} are allowed at once"
    else:
        return
    raise BadJsonRpc2(said, JSONRPC_CODES["invalid_params"])
