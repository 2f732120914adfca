"""What of a store is for clients, and what the farm keeps there for itself."""

from python_builds.core.publishing.record_keys import DAMAGED, RESERVATIONS, UNINDEXED

WRITE_TEST = "write-test.txt"
"""What is written before a build, to see that it can be."""


def is_for_clients(key: str) -> bool:
    """Say whether an object is one that is served: not what the farm alone keeps, such as marks and reservations."""
    *folders, name = key.split("/")
    return name != WRITE_TEST and not {UNINDEXED, DAMAGED, RESERVATIONS} & {*folders}
