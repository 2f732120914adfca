"""What a person is advised to do: worded for the web UI's forms and for `make build` alike, as messages reach both."""

FORCE_LABEL = "Build again what exists already, as a new revision"
RETRAIN_LABEL = "Train anew, even where training data are stored (optimized)"
"""Of the boxes of the Force form."""


def many_label(limit: int) -> str:
    """Word the box of the forms by which a person says that they mean that many builds; `limit` is the setting."""
    return f"Yes, though these are more than {limit} builds"


def too_many(count: int, limit: int) -> str:
    """Refuse what nobody may have meant."""
    builds = f"{count} build{'s' if count > 1 else ''}"
    return f'this is {builds}: name fewer platforms or versions, or tick "{many_label(limit)}"'


FORCE = f'with FORCE=1, or the form\'s box "{FORCE_LABEL}"'
"""How to ask for what exists. What failed does not exist: it is enough to ask for it again."""
