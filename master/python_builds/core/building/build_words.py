"""What a build says of itself in a line, on pages that show little more than its beginning: first what it is of."""

from collections.abc import Mapping, Sequence

GOOD, FAILED, CANCELLED = "good", "failed", "cancelled"
"""How a build that a release asked for has ended."""

TO_COME = "still to come"
"""What stands in the line of a release some of whose builds have not ended, and in no other's."""


def sentence(parts: Sequence[str]) -> str:
    """Put together what its steps have said for it: of what it is, then what came of it."""
    first, *rest = list(dict.fromkeys(parts))
    return f"{first}: {'; '.join(rest)}" if rest else first


def parts_of_release(ended: Mapping[str, str | None], existing: int = 0, left_out: Sequence[str] = ()) -> str:
    """Say what became of the builds that a release asked for: how each ended by its builder, None while it has not."""
    by_state: dict[str | None, list[str]] = {}
    for builder, state in ended.items():
        by_state.setdefault(state, []).append(builder)
    found = [
        f"{len(by_state[state])} {state} ({', '.join(by_state[state])})"
        for state in (FAILED, CANCELLED)
        if state in by_state
    ]
    if ended:
        found.append(f"{len(by_state.get(GOOD, ()))} of {len(ended)} built")
    if None in by_state:
        found.append(f"{len(by_state[None])} {TO_COME}")
    if existing:
        found.append(f"{existing} existed already")
    return "; ".join([", ".join(found) or "nothing to build", *left_out])
