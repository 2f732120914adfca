"""How a build failed: kept as a property when it ends, so that nobody has to read logs for it afterwards."""

from collections.abc import Mapping
from typing import Any

from buildbot.interfaces import LatentWorkerCannotSubstantiate
from buildbot.process.results import EXCEPTION, FAILURE
from twisted.internet import defer

from python_builds.core.planning.back_off import Failure
from python_builds.farm.building.stage_command import COMMANDS_LOG, last_words

PROPERTY = "failure"
"""Of a build that failed: `step`, `words`, `log` (from the build on), and `lacks_image`."""


@defer.inlineCallbacks
def seen_failure(build: Any, why_no_worker: str) -> Any:
    """Look at a build that failed just now: which step it was, why, and in which log it stands."""
    if build.no_worker is not None:
        return {"words": why_no_worker, "lacks_image": isinstance(build.no_worker, LatentWorkerCannotSubstantiate)}
    red = next((step for step in build.executedSteps if step.results in (FAILURE, EXCEPTION)), None)
    if red is None:
        return {}
    found = {"step": red.name}
    handle = red.logs.get(COMMANDS_LOG) or next(iter(red.logs.values()), None)
    if handle is not None:
        log = yield build.master.data.get(("logs", handle.logid))
        found["log"] = f"steps/{red.number}/logs/{log['slug']}"
        if log["name"] == COMMANDS_LOG:
            found["words"] = yield last_words(red)
    return found


def failure_of(builder: str, build: Mapping[str, Any]) -> Failure:
    """Say how a finished build failed, from what Buildbot's database has of it (farm/planning/request_rows.py)."""
    seen = build["properties"].get(PROPERTY, {})
    page = f"#/builders/{build['builderid']}/builds/{build['number']}"
    where = f"{seen['step']} failed: " if "step" in seen else ""
    words = f"{where}{seen['words']}" if seen.get("words") else why(build)
    return Failure(
        build=f"{builder}/{build['number']}",
        words=words,
        link=f"{page}/{seen['log']}" if "log" in seen else page,
        lacks_image=bool(seen.get("lacks_image")),
    )


def why(build: Mapping[str, Any]) -> str:
    """Name the first red step, with its own words where it has any beside its command."""
    red = build["red"]
    if red is None:
        return str(build["state_string"])
    words = str(red["state_string"])
    return f"{red['name']} failed" + ("" if words.startswith(("'", "finished")) else f": {words}")
