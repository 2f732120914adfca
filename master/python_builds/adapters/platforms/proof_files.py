"""The files of proofs, in the checkout."""

from pathlib import Path

from python_builds.core.documents import dump, parse_document
from python_builds.core.errors import DamagedObject
from python_builds.core.platforms.proofs import FOLDER, Proof, Proofs, file_name
from python_builds.core.settings.setting_types import CHECKOUT

PROOFS = CHECKOUT / FOLDER


def read_proofs(folder: Path = PROOFS) -> Proofs:
    """Read all proofs.

    Raises:
        DamagedObject: naming the file that is none.
    """
    proofs = [_read(path) for path in sorted(folder.glob("*.json"))]
    return {(proof.platform, proof.architecture): proof for proof in proofs}


def write_proof(proof: Proof, folder: Path = PROOFS) -> Path:
    """Write a proof in the place of an earlier one; return its file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file_name(proof.platform, proof.architecture)
    path.write_bytes(dump(proof))
    return path


def _read(path: Path) -> Proof:
    proof = parse_document(Proof, "is not a proof", str(path), path.read_bytes())
    if path.name != file_name(proof.platform, proof.architecture):
        raise DamagedObject(f"{path} is not a proof: it is of {proof.platform} on {proof.architecture}")
    return proof
