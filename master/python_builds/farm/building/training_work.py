"""What the master does about training data: looks for what is stored, and keeps what is new."""

import datetime

from python_builds.adapters.building.training_store import keep_training, newest_training
from python_builds.adapters.digests import file_sha256
from python_builds.adapters.publishing.publishing import read_sidecar
from python_builds.adapters.store.store import Store
from python_builds.core.building.requests import PlatformRequest
from python_builds.core.building.stages import TRAINING_FILE
from python_builds.core.building.training import TrainingData, TrainingIdentity, parse_identity
from python_builds.core.publishing.artifacts import training_prefix
from python_builds.farm.steps.master_step import Outcome, Work


def find_training_data(store: Store, request: PlatformRequest, work: Work) -> Outcome:
    """Fetch the newest stored data that fit this build into the spool, unless new ones are asked for."""
    identity = parse_identity(
        str(work.properties["training_identity"]), str(work.properties["source_sha256"]), request.product.architecture
    )
    work.say(identity.model_dump_json(indent=2))
    properties: dict[str, object] = {"training": {"identity": identity.model_dump()}, "training_sha256": ""}
    found = newest_training(store, request.product.tag, identity.digest)
    if found is None:
        return Outcome(summary=f"none stored for {identity.digest}: training", properties=properties)
    if request.retrain:
        return Outcome(summary=f"training anew, beside {found.key}", properties=properties)
    store.download(found.key, work.spool / TRAINING_FILE)
    if (digest := file_sha256(work.spool / TRAINING_FILE)) != found.sha256:
        (work.spool / TRAINING_FILE).unlink()
        work.say(f"{store.location(found.key)} is damaged: it was {found.sha256} and reads as {digest}; training anew")
        return Outcome(summary=f"{found.key} is damaged: training anew", properties=properties)
    work.say(f"{store.location(found.key)}, by {found.trained_by} at {found.trained_at}")
    properties = {"training": found.model_dump(mode="json"), "training_sha256": found.sha256}
    return Outcome(summary=f"stored by {found.trained_by}", properties=properties)


def keep_training_data(store: Store, request: PlatformRequest, work: Work) -> Outcome:
    """Keep the data of this build's own training run."""
    identity = TrainingIdentity.model_validate(work.properties["training"]["identity"])
    path = work.spool / TRAINING_FILE
    digest = read_sidecar(path.with_name(f"{path.name}.sha256"))
    data = TrainingData(
        key=f"{training_prefix(request.product.tag, identity.digest)}{digest}.tar.gz",
        sha256=digest,
        size=path.stat().st_size,
        identity=identity,
        trained_by=work.build,
        trained_at=datetime.datetime.now(datetime.UTC).replace(microsecond=0),
    )
    key = keep_training(store, data, path)
    return Outcome(summary=key, properties={"training": data.model_dump(mode="json")})
