"""The files of proofs and of stand-ins, in the checkout."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from python_builds.core.documents import dump, parse_document
from python_builds.core.errors import DamagedObject
from python_builds.core.platforms.proofs import FOLDER, Proof, Proofs, file_name
from python_builds.core.platforms.stand_ins import STAND_INS_FOLDER, StandIn, StandIns
from python_builds.core.settings.setting_types import CHECKOUT

PROOFS, STAND_INS = CHECKOUT / FOLDER, CHECKOUT / STAND_INS_FOLDER

_Kept = TypeVar("_Kept", Proof, StandIn)


def read_proofs(folder: Path = PROOFS) -> Proofs:
    """Read all proofs.

    Raises:
        DamagedObject: naming the file that is none.
    """
    return {(proof.platform, proof.architecture): proof for proof in _read(folder, Proof, "proof")}


def read_stand_ins(folder: Path = STAND_INS) -> StandIns:
    """Read all stand-ins.

    Raises:
        DamagedObject: naming the file that is none, as it says what no stand-in can try.
    """
    return {(one.platform, one.architecture): one for one in _read(folder, StandIn, "stand-in")}


def write_proof(proof: Proof, folder: Path = PROOFS) -> Path:
    """Write a proof in the place of an earlier one; return its file."""
    return _write(proof, folder)


def write_stand_in(stand_in: StandIn, folder: Path = STAND_INS) -> Path:
    """Write a stand-in in the place of an earlier one; return its file."""
    return _write(stand_in, folder)


def _read(folder: Path, kind: type[_Kept], what: str) -> Iterator[_Kept]:
    for path in sorted(folder.glob("*.json")):
        found = parse_document(kind, f"is not a {what}", str(path), path.read_bytes())
        if path.name != file_name(found.platform, found.architecture):
            raise DamagedObject(f"{path} is not a {what}: it is of {found.platform} on {found.architecture}")
        yield found


def _write(kept: Proof | StandIn, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file_name(kept.platform, kept.architecture)
    path.write_bytes(dump(kept))
    return path
