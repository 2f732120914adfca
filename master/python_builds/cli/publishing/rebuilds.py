"""`python-builds accept`: take up what another farm states of an artifact of ours, beside it, for whoever verifies."""

import tempfile
from pathlib import Path

from python_builds.adapters.indexes.indexing import write_indexes
from python_builds.adapters.publishing.attesting import attester, key_id, load_public, verify_envelope
from python_builds.adapters.publishing.places import Place
from python_builds.adapters.publishing.rebuilt import add_rebuilt
from python_builds.adapters.publishing.verifying import rebuilder
from python_builds.adapters.store.store import Store, make_store
from python_builds.core.errors import InvalidRequest, NotVerified
from python_builds.core.publishing.artifacts import check_key
from python_builds.core.publishing.dsse import ENDING, MAX_ENVELOPE_BYTES, parse_envelope, rebuilt_name
from python_builds.core.publishing.provenance import Provenance, parse_provenance
from python_builds.core.publishing.record_keys import unindexed_key
from python_builds.core.publishing.records import parse_record
from python_builds.core.settings.settings import Settings


def accept(settings: Settings, what: str, *, key: str) -> None:
    """Take up a statement by a key that is trusted, of an artifact that this farm has stated itself.

    Raises:
        NotVerified: if it is none.
    """
    if not Path(key).is_file():
        raise InvalidRequest(f"--key names {key!r}, and must name a file with the other farm's public key")
    keys, store = load_public(key, Path(key).read_bytes()), make_store(settings)
    with tempfile.TemporaryDirectory(prefix="python-builds-accept-") as scratch:
        place = Place(address=what, scratch=Path(scratch))
        content = place.require(place.name, MAX_ENVELOPE_BYTES).read_bytes()
    payload, signers = verify_envelope(what, content, keys)
    (subject, *_) = parse_provenance(what, payload).subject
    own = check_key(subject.download_location)
    if not store.exists(own + ENDING):
        raise NotVerified(f"{what} is about {own}, of which this farm has stated nothing")
    mine = parse_provenance(own, parse_envelope(own, store.read(own + ENDING)).payload)
    by = rebuilder(what, content, mine.subject[0].sha256, keys)
    ours = attester(settings)
    if ours and signers[0] in map(key_id, ours.public):
        raise NotVerified(f"{what} is signed by this farm's own key {signers[0]}: another builder's counts")
    taken = rebuilt_name(own, signers[0])
    store.replace(taken, content)
    _tell(store, mine, by)
    write_indexes(settings, store)
    print(f"{store.location(taken)}: reproduced by {by}")


def _tell(store: Store, mine: Provenance, by: str) -> None:
    """Have the platform's index say so: it is written anew for what its record is marked for."""
    (record,) = [one.download_location for one in mine.predicate.run.byproducts if one.name == "record"]
    made = parse_record(record, store.read(record))
    product = made.product
    add_rebuilt(store, product.profile, product.platform, mine.subject[0].sha256, by)
    store.create(unindexed_key(product, made.revision), b"{}")
