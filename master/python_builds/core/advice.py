"""What a person is advised to do: worded for the web UI's forms and for `make build` alike, as messages reach both."""

FORCE_LABEL = "Build again what exists already, as a new revision"
RETRAIN_LABEL = "Train anew, even where training data are stored (optimized)"
"""Of the boxes of the Force form."""

FORCE = f'with FORCE=1, or the form\'s box "{FORCE_LABEL}"'
"""How to ask for what exists. What failed does not exist: it is enough to ask for it again."""
