"""Commands of a stage as steps that speak in words: what they do, what they have done, and why they failed.

Buildbot would show the command line, of which a page has room for the beginning.
"""

from typing import Any

from buildbot.plugins import steps
from buildbot.process.results import FAILURE, SKIPPED, SUCCESS, WARNINGS, statusToString
from twisted.internet import defer

from python_builds.core.building.cause import LOOKED_AT, cause
from python_builds.core.building.stage_words import doing, done

COMMANDS_LOG = "stdio"
"""The log of a step that runs a command."""


class SpeaksInWords:
    """What both kinds of commands have in common."""

    cause = ""

    @defer.inlineCallbacks
    def run(self) -> Any:
        """Run the command; where it says that something is wrong, look for the cause in its own words."""
        result = yield super().run()  # type: ignore[misc]
        if result in (FAILURE, WARNINGS):
            self.cause = yield last_words(self)
        return result

    def getCurrentSummary(self) -> dict[str, str]:
        """Say what goes on."""
        return {"step": doing(str(self.name))}  # type: ignore[attr-defined]

    def getResultSummary(self) -> dict[str, str]:
        """Say what was done, or what is wrong; that is the build's too."""
        name, results = str(self.name), self.results  # type: ignore[attr-defined]
        if results in (SUCCESS, SKIPPED):
            return {"step": done(name) if results == SUCCESS else "finished (skipped)"}
        if results not in (FAILURE, WARNINGS):
            return {"step": f"{doing(name)} ({statusToString(results)})"}
        words = self.cause or "it failed without a word"
        clean = self.build.properties.cleanupTextFromSecrets(words)  # type: ignore[attr-defined]
        return {"step": clean, "build": f"{name} failed: {clean}" if results == FAILURE else clean}


class StageCommand(SpeaksInWords, steps.ShellCommand):
    """Runs a command."""


class KeepingCommand(SpeaksInWords, steps.SetPropertyFromCommand):
    """Runs a command and keeps what it prints."""


@defer.inlineCallbacks
def last_words(step: Any) -> Any:
    """Read the end of a step's log for the line that says why."""
    handle = step.logs.get(COMMANDS_LOG)
    if handle is None:
        return ""
    log = yield step.master.data.get(("logs", handle.logid))
    start = max(0, log["num_lines"] - LOOKED_AT)
    end = yield step.master.data.get(("logs", log["logid"], "contents"), offset=start, limit=LOOKED_AT)
    return cause(end["content"].splitlines())
