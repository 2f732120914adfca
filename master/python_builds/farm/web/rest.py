"""Buildbot's REST interface, with what is asked to be done looked at first.

Buildbot takes it from its own pages: other types and numbers end in tracebacks there, or in the database.
"""

from collections.abc import Mapping
from typing import Any

from buildbot.data.buildrequests import BuildRequestEndpoint
from buildbot.data.builds import BuildEndpoint
from buildbot.data.changesources import ChangeSourceEndpoint
from buildbot.data.exceptions import InvalidControlException, InvalidPathError
from buildbot.data.forceschedulers import ForceSchedulerEndpoint
from buildbot.data.properties import PropertiesListEndpoint
from buildbot.data.resultspec import ResultSpec
from buildbot.data.schedulers import SchedulerEndpoint
from buildbot.data.workers import WorkerEndpoint
from buildbot.util import bytes2unicode
from buildbot.www.authz import Forbidden
from buildbot.www.rest import JSONRPC_CODES, BadJsonRpc2, RestRootResource, V2RootResource
from twisted.internet import defer

from python_builds.core.errors import InvalidRequest
from python_builds.core.plain_text import few_words
from python_builds.farm.web.form_values import MAX_NUMBER, problems_of
from python_builds.farm.web.many_requests import ManyRequests, require_request_ids
from python_builds.farm.web.queries import as_numbers, require_parameters, with_safe_filters

ACTIONS = {
    BuildEndpoint: ("stop", "rebuild"),
    BuildRequestEndpoint: ("cancel",),
    ManyRequests: ("cancel",),
    WorkerEndpoint: ("stop", "pause", "unpause", "kill"),
    SchedulerEndpoint: ("enable",),
    ForceSchedulerEndpoint: ("force",),
}
"""What can be done to what. Buildbot 4.3 lists changing a request's priority too, and cannot."""

INSTEAD = {
    (PropertiesListEndpoint, "changeid"): "changes/N, which has the properties",
    (ChangeSourceEndpoint, "masterid"): "masters/N/changesources",
}
"""What to ask for instead of what ends in a traceback in Buildbot 4.3, by the id that its path has."""

REQUESTS = ("buildrequests",)

REFUSALS = (BadJsonRpc2, InvalidControlException, InvalidPathError)


class FarmRest(V2RootResource):
    """Answers whatever is no action of the farm, and a query that makes no sense, with a sentence."""

    @defer.inlineCallbacks
    def getEndpoint(self, request: Any, method: str, params: dict[str, Any]) -> Any:
        """Find what a request is about, see that it makes sense, and that whoever asks may ask for it."""
        path = tuple(bytes2unicode(part) for part in request.postpath)
        endpoint, ids = yield self.master.data.getEndpoint(path)
        if path == REQUESTS and request.method == b"POST":
            endpoint = ManyRequests(endpoint.rtype, self.master)
        try:
            require_numbers(path, ids)
            require_answered(path, endpoint, ids)
            if request.method == b"POST":
                yield require_sense(path, endpoint, ids, method, params)
        except REFUSALS:
            if self.master.www.getUserInfos(request).get("anonymous") and request.method == b"POST":
                raise Forbidden(b"log in first") from None
            raise
        yield super().getEndpoint(request, method, params)
        return endpoint, as_numbers(ids)

    def decodeResultSpec(self, request: Any, endpoint: Any) -> ResultSpec:
        """Read the query of a GET, if it makes sense."""
        entity = endpoint.rtype.entityType
        require_parameters(request.args, entity)
        return with_safe_filters(super().decodeResultSpec(request, endpoint), entity)


def register() -> None:
    """Have Buildbot answer by it: to be called before the web UI starts."""
    RestRootResource.addApiVersion(2, FarmRest)


def require_numbers(path: tuple[str, ...], ids: Mapping[str, Any]) -> None:
    """Refuse numbers that no database takes.

    Raises:
        InvalidPathError: if there is one.
    """
    if any(isinstance(value, int) and value > MAX_NUMBER for value in ids.values()):
        raise InvalidPathError(f"there is no {_named(path)}: no number is larger than {MAX_NUMBER}")


def require_answered(path: tuple[str, ...], endpoint: Any, ids: Mapping[str, Any]) -> None:
    """Refuse what Buildbot has an address for, and no answer.

    Raises:
        InvalidPathError: with what to ask for instead.
    """
    for (kind, name), instead in INSTEAD.items():
        if isinstance(endpoint, kind) and name in ids:
            raise InvalidPathError(f"{_named(path)} has no answer; ask for {instead}")


@defer.inlineCallbacks
def require_sense(
    path: tuple[str, ...], endpoint: Any, ids: Mapping[str, Any], action: str, params: dict[str, Any]
) -> Any:
    """See that the action exists, what it is done to, and that its values are what it takes; clean its reason.

    Raises:
        InvalidControlException: if there is no such action.
        InvalidPathError: if nothing is there to do it to.
        BadJsonRpc2: with a sentence for each value.
    """
    actions = ACTIONS.get(type(endpoint), ())
    if action not in actions:
        listed = ", ".join(actions) or "none"
        raise InvalidControlException(f"{action!r:.40} is no action of {_named(path)}; these are: {listed}")
    if isinstance(endpoint, ManyRequests):
        require_request_ids(params)
    else:
        # Buildbot looks for the master of a scheduler before it looks whether there is that scheduler.
        found = yield endpoint.get(ResultSpec(), {name: value for name, value in ids.items() if name != "masterid"})
        if found is None:
            raise InvalidPathError(f"there is no {_named(path)}")
    if isinstance(endpoint, ForceSchedulerEndpoint):
        form = yield endpoint.findForceScheduler(ids["schedulername"])
        problems = yield problems_of(form, {name: value for name, value in params.items() if name != "owner"})
        if problems:
            raise BadJsonRpc2(problems, JSONRPC_CODES["invalid_params"])
    elif isinstance(endpoint, SchedulerEndpoint):
        _require_bool(params)
    elif "reason" in params:
        params["reason"] = _reason(params["reason"])


def _named(path: tuple[str, ...]) -> str:
    return "/".join(path)[:80]


def _require_bool(params: Mapping[str, Any]) -> None:
    if not isinstance(value := params.get("enabled"), bool):
        raise _bad(f"enabled is {value!r:.40}: it must be true or false")


def _reason(value: object) -> str:
    if not isinstance(value, str):
        raise _bad(f"reason is {value!r:.40}: it must be a text")
    try:
        return few_words("reason", value)
    except InvalidRequest as error:
        raise _bad(str(error)) from None


def _bad(sentence: str) -> BadJsonRpc2:
    return BadJsonRpc2(sentence, JSONRPC_CODES["invalid_params"])
