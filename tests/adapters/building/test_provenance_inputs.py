"""What went into an artifact, fetched by its provenance: by digest, and nothing that could lie elsewhere."""

import hashlib
import io
import tarfile

import pytest

from python_builds.adapters.building.provenance_inputs import PublishedStore, gather, image_of
from python_builds.adapters.publishing.places import Place
from python_builds.core.errors import FarmError, InvalidKey, NotVerified, SourceError
from python_builds.core.publishing.provenance import Resource, parse_provenance, provenance
from tests.attested import maker


def scripts(*names):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.mode = 0o755
            archive.addfile(member)
    return content.getvalue()


@pytest.fixture
def farm(tmp_path, make_record):
    return Farm(tmp_path, make_record())


class Farm:
    """A store in a folder, and a provenance of what went in."""

    def __init__(self, folder, record):
        self.folder, self.record, self.inputs = folder, record, []
        self.store = PublishedStore(root=Place(address=str(folder / "index"), scratch=folder))
        self.put("sources/3.13.5/Python.tgz", b"the source")
        self.record = record.model_copy(
            update={"source": record.source.model_copy(update={"sha256": hashlib.sha256(b"the source").hexdigest()})}
        )

    def put(self, key, content):
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def add(self, name, content, key=None, digest=None):
        digest = digest or hashlib.sha256(content).hexdigest()
        key = key or f"inputs/{digest}/{name}"
        self.put(key, content)
        self.inputs.append(Resource(name=name, digest={"sha256": digest}, downloadLocation=key))
        return self

    def gather(self):
        made = maker(Resource(name="record", digest={"sha256": "c" * 64}), tuple(self.inputs))
        target = self.folder / "work"
        target.mkdir()
        stated = parse_provenance("x", provenance(self.record, self.record.artifacts[0], made))
        return gather(self.store, stated, target)


def test_sources_and_inputs_lie_under_their_names_and_scripts_are_unpacked(farm):
    found = farm.add("scripts.tar", scripts("scripts/steps/unpack-source.sh")).add("cpython.cdx.json", b"{}").gather()

    assert {*found} == {"Python.tgz", "cpython.cdx.json", "scripts"}
    assert (found["scripts"] / "steps/unpack-source.sh").stat().st_mode & 0o100
    assert found["Python.tgz"].read_bytes() == b"the source"


def test_what_is_another_file_than_went_in_is_refused(farm):
    farm.add("scripts.tar", scripts("scripts/x")).put("sources/3.13.5/Python.tgz", b"another one")

    with pytest.raises(NotVerified, match=r"sources/3.13.5/Python.tgz has SHA-256 .* went into what was built"):
        farm.gather()


def test_what_is_gone_is_told(farm):
    farm.add("scripts.tar", scripts("scripts/x"))
    (farm.folder / "sources/3.13.5/Python.tgz").unlink()

    with pytest.raises(SourceError, match=r"there is no sources/3.13.5/Python.tgz"):
        farm.gather()


@pytest.mark.parametrize("name", ["../x", "/etc/x", "..", ".bashrc"])
def test_an_input_that_would_lie_elsewhere_is_refused(farm, name):
    farm.add("scripts.tar", scripts("scripts/x"))
    farm.add(name, b"x", key="inputs/x")

    with pytest.raises((InvalidKey, NotVerified), match="cannot be a key|is no file by its digest"):
        farm.gather()


def test_a_place_out_of_the_store_is_refused(farm):
    farm.add("scripts.tar", scripts("scripts/x"))
    farm.inputs.append(Resource(name="x", digest={"sha256": "a" * 64}, downloadLocation="../../etc/passwd"))

    with pytest.raises(InvalidKey):
        farm.gather()


def test_scripts_that_would_be_unpacked_elsewhere_are_refused(farm):
    farm.add("scripts.tar", scripts("../outside"))

    with pytest.raises(tarfile.TarError):
        farm.gather()
    assert not (farm.folder / "outside").exists()


def test_a_provenance_without_scripts_cannot_be_gone_by(farm):
    with pytest.raises(NotVerified, match=r"names no scripts.tar"):
        farm.gather()


def test_an_image_that_is_not_here_is_told_with_what_to_do(make_record):
    image = {"name": "python-builds-worker:debian-12", "id": f"sha256:{'d' * 64}", "reference": ""}
    record = make_record().model_copy(update={"image": type("Image", (), image)()})
    made = maker(Resource(name="record", digest={"sha256": "c" * 64}))
    stated = parse_provenance("x", provenance(record, record.artifacts[0], made))

    with pytest.raises(FarmError, match=f"sha256:{'d' * 64}.* is not on this Docker host: .*docker save"):
        image_of(stated)
