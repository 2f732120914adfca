"""What the master does about what is in a build: makes the document that lies in its tree."""

import hashlib

from python_builds.core.building.contents import Bundled, parse_contents
from python_builds.core.building.requests import PlatformRequest
from python_builds.core.building.sbom_stages import SBOM_FILE
from python_builds.core.publishing.records import LibrarySource, Source
from python_builds.core.publishing.sbom import tree_sbom
from python_builds.farm.steps.master_step import Outcome, Work


def make_sbom(request: PlatformRequest, work: Work) -> Outcome:
    """Make it of what the master knows of the source and the worker's system says of its libraries, in the spool."""
    bundled = tuple(Bundled.model_validate(one) for one in work.properties["bundled"])
    contents = parse_contents(str(work.properties["contents_listed"]), bundled)
    source = Source.model_validate(work.properties["source"])
    libraries = [LibrarySource.model_validate(library) for library in work.properties["libraries"]]
    document = tree_sbom(request.product, source, libraries, contents)
    (work.spool / SBOM_FILE).write_bytes(document)
    work.say(document.decode())
    return Outcome(
        summary=f"{len(contents.bundled)} bundled, {len(contents.libraries)} libraries of the system",
        properties={
            "contents": contents.model_dump(mode="json"),
            "sbom_sha256": hashlib.sha256(document).hexdigest(),
        },
    )
