"""The files of proofs: what is written is read again, and what is none is named."""

import re

import pytest

from python_builds.adapters.platforms.proof_files import PROOFS, read_proofs, write_proof
from python_builds.core.errors import DamagedObject
from python_builds.core.platforms.platforms import platform_named
from tests.proofs import make_proof


def test_a_proof_is_read_as_it_was_written_and_a_later_one_takes_its_place(tmp_path):
    first, second = make_proof(("uv",)), make_proof()

    assert write_proof(first, tmp_path / "proofs").name == "debian-12-amd64.json"
    assert read_proofs(tmp_path / "proofs") == {("debian-12", "amd64"): first}
    write_proof(second, tmp_path / "proofs")
    assert read_proofs(tmp_path / "proofs") == {("debian-12", "amd64"): second}


def test_where_there_is_no_folder_there_are_no_proofs(tmp_path):
    assert read_proofs(tmp_path / "none") == {}


def test_what_is_no_proof_is_named(tmp_path):
    path = write_proof(make_proof(), tmp_path)
    path.write_text(path.read_text().replace('"ok"', '"fine"'))

    with pytest.raises(DamagedObject, match=re.escape(f"{path} is not a proof: checks.0.verdict")):
        read_proofs(tmp_path)


def test_a_proof_under_another_s_name_is_refused(tmp_path):
    write_proof(make_proof(), tmp_path).rename(tmp_path / "debian-13-amd64.json")

    with pytest.raises(DamagedObject, match="it is of debian-12 on amd64"):
        read_proofs(tmp_path)


def test_the_proofs_of_this_checkout_are_of_rows_and_of_architectures_that_they_have():
    for (name, architecture), proof in read_proofs(PROOFS).items():
        assert architecture in platform_named(name).architectures
        assert len(proof.commit.rstrip("+")) in (0, 40)
