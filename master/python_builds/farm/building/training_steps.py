"""How an optimized build comes by its training data: from the store, or by a training run of its own, which is kept."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from buildbot.plugins import util
from buildbot.process.buildstep import BuildStep

from python_builds.core.settings.settings import Settings
from python_builds.farm.building.training_work import TRAINING_FILE, find_training_data, keep_training_data
from python_builds.farm.building.worker_steps import as_builder, property_from_builder, send, upload

OnMaster = Callable[..., BuildStep]


def optimized_stages(on_master: OnMaster, spool: Path, settings: Settings) -> Iterable[BuildStep]:
    """Make the steps between configure and the tests."""
    yield property_from_builder(
        "identify the training data", ["training-identity.sh"], settings, "training_identity", **_if(_is_optimized)
    )
    yield on_master("look for training data", find_training_data, **_if(_is_optimized))
    stored = _if(_is_stored)
    yield send("send the training data", spool, TRAINING_FILE, **stored)
    digest = util.Property("training_sha256", default="")
    yield as_builder("use stored training data", ["use-training-data.sh", TRAINING_FILE, digest], settings, **stored)
    yield as_builder("compile instrumented", ["compile.sh", "instrumented"], settings, **_if(_is_trained))
    yield as_builder("train", ["train.sh"], settings, **_if(_is_trained))
    yield as_builder("pack the training data", ["pack-training-data.sh"], settings, **_if(_is_trained))
    yield as_builder("compile optimized", ["compile.sh", "optimized"], settings, **_if(_is_optimized))


def keep_what_was_trained(on_master: OnMaster, spool: Path) -> Iterable[BuildStep]:
    """Make the steps that keep new training data, once the build has proved that it is good."""
    for ending in ("", ".sha256"):
        yield upload(f"upload the training data{ending}", spool, f"{TRAINING_FILE}{ending}", **_if(_is_trained))
    yield on_master("keep the training data", keep_training_data, **_if(_is_trained))


@util.renderer
def collected_training_data(props: Any) -> list[str]:
    """Name what collect-artifacts.sh is to take of a training run."""
    return [f"dist/{TRAINING_FILE}", f"dist/{TRAINING_FILE}.sha256"] if _is_trained(props) else []


def _is_optimized(step: Any) -> bool:
    return bool(step.getProperty("profile") == "optimized")


def _is_stored(step: Any) -> bool:
    return bool(step.getProperty("training_sha256"))


def _is_trained(step: Any) -> bool:
    return _is_optimized(step) and not _is_stored(step)


def _if(wanted: Callable[[Any], bool]) -> dict[str, Any]:
    """Run a step only where it is wanted, and do not show it elsewhere."""
    return {"doStepIf": wanted, "hideStepIf": lambda _, step: not wanted(step)}
