"""What came of writing indexes, for whoever asked for it."""

from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Indexed:
    """What came of writing the indexes."""

    written: list[str] = field(default_factory=list)
    """Keys."""
    damaged: dict[str, str] = field(default_factory=dict)
    """What is or was not as it has to be: sentences, by key."""
    left: list[str] = field(default_factory=list)
    """What could not be removed and does no harm, as sentences."""
