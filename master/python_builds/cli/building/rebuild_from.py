"""`make reproduce PROVENANCE=…`: what somebody else has published, built again from what its provenance names alone.

Commands, scripts and inputs are those of the provenance, none of them this checkout's. They are run only where a key
or an identity that is trusted has signed them. What comes out the same can be stated, for whoever trusts this farm.
"""

import datetime
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from python_builds.adapters.building.local_build import container, run_all, this_machine
from python_builds.adapters.building.provenance_inputs import PublishedStore, gather, image_of
from python_builds.adapters.publishing.attesting import attester, key_id, verify_envelope
from python_builds.adapters.publishing.places import Place
from python_builds.adapters.publishing.stated import Trusted
from python_builds.adapters.store.store import make_store
from python_builds.cli.building.reproduce import compare, is_whole, require_diffoscope
from python_builds.core.errors import InvalidRequest, NotVerified
from python_builds.core.indexes.index_files import sha256_of
from python_builds.core.publishing.artifacts import rebuild_key
from python_builds.core.publishing.dsse import BUNDLE_ENDING, ENDING, KEY_DIGITS, MAX_ENVELOPE_BYTES
from python_builds.core.publishing.provenance import BUILD_TYPE, Provenance, Resource, parse_provenance, rebuild
from python_builds.core.publishing.records import Artifact, Record, parse_record
from python_builds.core.settings.settings import Settings


def rebuild_from(settings: Settings, address: str, trusted: Trusted) -> int:
    """Build again and compare; state what is the same, where this farm has a key. The exit status is for all of it.

    Raises:
        NotVerified: if nobody trusted has signed the provenance, or an input is another.
        FarmError: if a command fails, or the image is not there.
    """
    require_diffoscope()
    with tempfile.TemporaryDirectory(prefix="python-builds-reproduce-") as name:
        folder, scratch = Path(name, "files"), Path(name, "fetched")
        for made in (folder, scratch, Path(name, "again")):
            made.mkdir()
        place = Place(address=address, scratch=scratch)
        content = place.require(place.name, MAX_ENVELOPE_BYTES).read_bytes()
        stated, store = _trusted(place, content, trusted)
        record = _record(store, stated, folder / "record")
        print(f"revision {record.revision} of {record.product}, again from what {place.name} names:", flush=True)
        again = _build(settings, stated, gather(store, stated, folder), Path(name, "again"))
        same = compare(store, record, again)
        original = Resource(
            name=place.name,
            digest={"sha256": sha256_of(content)},
            downloadLocation=stated.subject[0].download_location + _ending(place),
        )
        _state(settings, same, original)
        return 0 if is_whole(record, same) else 1


def _trusted(place: Place, content: bytes, trusted: Trusted) -> tuple[Provenance, PublishedStore]:
    ending = _ending(place)
    payload = _signed(place, content, trusted, ending)
    stated = parse_provenance(place.name, payload)
    if stated.predicate.definition.build_type != BUILD_TYPE or len(stated.subject) != 1:
        raise NotVerified(f"{place.name} does not say how one artifact was built")
    root = place.up_to(stated.subject[0].download_location + ending)
    if root is None:
        raise InvalidRequest(
            f"{place.address} lies elsewhere than in its store, where it is "
            f"{stated.subject[0].download_location}{ending}: what it names is found from there, so give its address in "
            "the store or a mirror of that"
        )
    return stated, PublishedStore(root=root)


def _ending(place: Place) -> str:
    return BUNDLE_ENDING if place.name.endswith(BUNDLE_ENDING) else ENDING


def _signed(place: Place, content: bytes, trusted: Trusted, ending: str) -> bytes:
    if ending == BUNDLE_ENDING and trusted.identity:
        return trusted.identity.verify(place.name, content)[0]
    if ending == ENDING and trusted.keys:
        return verify_envelope(place.name, content, trusted.keys)[0]
    whose = {ENDING: "KEY=", BUNDLE_ENDING: "IDENTITY= and ISSUER="}[ending]
    raise InvalidRequest(f"commands of a provenance are run only where somebody trusted has signed it: name {whose}")


def _record(store: PublishedStore, stated: Provenance, path: Path) -> Record:
    """Fetch the record, which names all artifacts of the build."""
    found = [one for one in stated.predicate.run.byproducts if one.name == "record"]
    if not found:
        raise NotVerified("the provenance names no record")
    return parse_record(found[0].download_location, store.fetch(found[0], path).read_bytes())


def _build(settings: Settings, stated: Provenance, files: Mapping[str, Path], again: Path) -> Path:
    how = stated.predicate.definition.internal
    commands = {str(name): [str(word) for word in words] for name, words in how["commands"].items()}
    environment = {str(name): str(value) for name, value in how["environment"].items()}
    image = image_of(stated)
    with container(image, files, again) if image else this_machine(files, again) as run:
        run_all(commands, run, settings.state_dir / "reproduce.log", environment)
    return again


def _state(settings: Settings, same: Sequence[Artifact], original: Resource) -> None:
    """Publish what came out the same, in this farm's own store, by the artifact's digest."""
    attests = attester(settings)
    if attests is None:
        return
    store, own = make_store(settings), key_id(attests.public[0])
    finished = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    for artifact in same:
        subject = Resource(
            name=artifact.key.rpartition("/")[2],
            digest={"sha256": artifact.sha256 or ""},
            downloadLocation=artifact.key,
        )
        payload = rebuild(subject, original, settings.builder_name, finished, {})
        key = rebuild_key(str(artifact.sha256), f"{own[:KEY_DIGITS]}{ENDING}")
        store.replace(key, attests.sign(payload))
        print(f"stated     {store.location(key)}", flush=True)
