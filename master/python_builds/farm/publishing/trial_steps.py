"""One look at what a platform's builder has published, as Buildbot's steps: ask the archive, and try what is due.

Most days nothing is: then the build ends after the question, as skipped.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

from buildbot.plugins import util
from buildbot.process.buildstep import BuildStep
from buildbot.process.results import FAILURE, SKIPPED, SUCCESS, WARNINGS

from python_builds.adapters.building.recipe import SCRIPTS, packed
from python_builds.adapters.store.store import Store
from python_builds.core.building.stage import By, Stage
from python_builds.core.building.stages import stages
from python_builds.core.platforms.platform import Platform
from python_builds.core.publishing.artifacts import INSTALL_ROOT
from python_builds.core.settings.settings import Settings
from python_builds.farm.building.platform_steps import OF_NO_MATTER
from python_builds.farm.building.platform_work import clean_up
from python_builds.farm.building.transfers import Download, DownloadScripts
from python_builds.farm.building.worker_steps import check_environment, run
from python_builds.farm.publishing.trial_endings import BASE, Remember, try_step
from python_builds.farm.publishing.trial_work import ARCHIVE, DUE, LINKED, Trier, files_property
from python_builds.farm.steps.master_step import MasterStep, build_spool
from python_builds.farm.steps.thread_step import values_of

TELLS = {0: SUCCESS, 1: FAILURE, **dict.fromkeys((-1, *range(2, 256)), WARNINGS)}
"""Of try-published.sh; whatever else ends it says nothing about what is published."""

NOT_LOOKED = {"haltOnFailure": True, "flunkOnFailure": False, "warnOnFailure": True}
"""Of steps without which nothing can be tried: it is tried again, and nothing is known against what is published."""

GOES_ON = {"haltOnFailure": False, "flunkOnFailure": False, "warnOnFailure": True}


def trial_steps(platform: Platform, architecture: str, settings: Settings, store: Store) -> list[BuildStep]:
    """Make the steps of the builder that tries what one platform's builder has published."""
    spool = settings.state_dir / "spool"
    trier = Trier(platform, architecture, settings, store)
    make_base = next(one for one in stages(platform, architecture) if one.name == "make the base system")
    ask = Stage(
        name="ask the archive for updates",
        by=By.WORKER,
        words=lambda k: ["scripts/published/prepare-base-system.sh", k.get("base_root", ""), BASE, *k[LINKED]],
        keeps=ARCHIVE,
    )
    upgrade = Stage(
        name="upgrade the base system",
        by=By.WORKER,
        words=lambda _: ["scripts/published/upgrade-base-system.sh", BASE],
    )
    remove = Stage(
        name="remove the base system",
        by=By.WORKER,
        words=lambda _: ["rm", "-rf", "--one-file-system", "--", BASE, "published"],
    )
    return [
        MasterStep(trier.look, spool, name="look at what is published"),
        DownloadScripts(archive=packed(SCRIPTS, published=True), name="send the scripts", haltOnFailure=True),
        run(make_base, settings, env={}, doStepIf=_is_made_here, hideStepIf=_quiet, **OF_NO_MATTER),
        run(ask, settings, env={}, **NOT_LOOKED),
        MasterStep(trier.choose, spool, name="choose what to try"),
        run(upgrade, settings, env={}, **NOT_LOOKED),
        AddTrials(trier, settings, name="add the trials", hideStepIf=_quiet),
        Remember(
            trier,
            name="record what came of it",
            alwaysRun=True,
            doStepIf=_was_something,
            hideStepIf=lambda results, _: results == SKIPPED,
        ),
        run(remove, settings, env={}, **{**GOES_ON, "alwaysRun": True}, hideStepIf=_quiet),
        MasterStep(clean_up, spool, name="clean up", alwaysRun=True, hideStepIf=_quiet),
    ]


class AddTrials(BuildStep):
    """Adds the steps of each product that is due, of which nobody knew when the builder was made."""

    def __init__(self, trier: Trier, settings: Settings, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.trier, self.settings = trier, settings

    def run(self) -> int:
        """Add them."""
        tags = self.getProperty(DUE)
        self.build.addStepsAfterCurrentStep(
            [step for tag in tags for step in _of_product(tag, self.trier, self.settings)]
        )
        return SUCCESS


def _of_product(tag: str, trier: Trier, settings: Settings) -> Sequence[BuildStep]:
    spool = settings.state_dir / "spool"

    def there(step: BuildStep) -> bool:
        return bool(step.build.getProperty(files_property(tag)))

    def has_metapackage(step: BuildStep) -> bool:
        return len(step.build.getProperty(files_property(tag)) or ()) > 1

    trial = Stage(
        name=try_step(tag),
        by=By.WORKER,
        words=lambda k: [
            *("scripts/published/try-published.sh", f"published/{k[files_property(tag)][0]}", f"{INSTALL_ROOT}/{tag}"),
            *(BASE, *(f"published/{name}" for name in k[files_property(tag)][1:])),
        ],
        when=lambda k: bool(k.get(files_property(tag))),
    )
    return [
        MasterStep(
            functools.partial(trier.fetch, tag), spool, name=f"take {tag} from the store", hideStepIf=_quiet, **GOES_ON
        ),
        _sent(tag, 0, settings, there),
        _sent(tag, 1, settings, has_metapackage),
        run(
            trial,
            settings,
            env=check_environment(trier.platform),
            doStepIf=there,
            decodeRC=TELLS,
            haltOnFailure=False,
            flunkOnFailure=True,
            warnOnWarnings=True,
        ),
    ]


def _sent(tag: str, number: int, settings: Settings, wanted: Callable[[BuildStep], bool]) -> BuildStep:
    """Make the step that sends the first or second of a product's files."""

    @util.renderer
    def master_file(props: Any) -> str:
        folder = build_spool(
            settings.state_dir / "spool", props.getProperty("buildername"), props.getProperty("buildnumber")
        )
        return str(folder / _file(props))

    @util.renderer
    def worker_file(props: Any) -> str:
        return f"published/{_file(props)}"

    def _file(props: Any) -> str:
        names = values_of(props).get(files_property(tag)) or ()
        return str(names[number]) if number < len(names) else ""

    return Download(
        mastersrc=master_file,
        workerdest=worker_file,
        name=f"send the {('package', 'metapackage')[number]} of {tag}",
        doStepIf=wanted,
        hideStepIf=_quiet,
        **GOES_ON,
    )


def _is_made_here(step: BuildStep) -> bool:
    return bool(step.build.getProperty("make_base_root"))


def _was_something(step: BuildStep) -> bool:
    return not step.build.nothing_to_do


def _quiet(results: int, _step: BuildStep) -> bool:
    return results in (SUCCESS, SKIPPED)
