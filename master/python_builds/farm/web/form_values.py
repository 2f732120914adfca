"""What a form is given, held to the types and sizes that Buildbot's own pages send: it relies on these."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from twisted.internet import defer

from python_builds.core.plain_text import MAX_WORDS

MAX_VALUES = 100
"""Of one field; there are not that many platforms."""

MAX_LENGTH = 5000
"""Characters of one value: all versions that were ever released, in the form of rebuilds."""

SHORT = {"reason": MAX_WORDS, "username": MAX_WORDS}
"""Characters of those that the database has a column for."""

MAX_NUMBER = 2**31 - 1
"""What every database takes."""

NO_BREAK_SPACE = 0xA0
"""Below it, and not printable, are control characters alone."""

_DIGITS = re.compile(r"\s*-?[0-9]{1,19}\s*")


@defer.inlineCallbacks
def problems_of(form: Any, fields: Mapping[str, Any]) -> Any:
    """Say what is wrong with what a form is given, a sentence by field, its builder included."""
    named = {"builderid", "builderNames"}
    problems = dict(_problems(form.all_fields, {name: fields[name] for name in fields if name not in named}))
    ids = {}
    for name in form.builderNames:
        ids[(yield form.master.data.updates.findBuilderId(name))] = name
    builder, names = fields.get("builderid"), fields.get("builderNames")
    if builder is not None and str(builder) not in map(str, ids):
        problems["builderid"] = f"{builder!r:.40} is no builder of this form; it has {_listed(ids)}"
    if names is not None and names != list(form.builderNames):
        problems["builderNames"] = f"{names!r:.80} are not this form's: {', '.join(form.builderNames)}"
    return problems


def _listed(ids: Mapping[int, str]) -> str:
    return ", ".join(f"{number} ({name})" for number, name in ids.items())


def _problems(parameters: Sequence[Any], fields: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Say what Buildbot's own checks would stumble over, by field."""
    types = {p.fullName: p.type for outer in parameters for p in getattr(outer, "fields", [outer])}
    for name, value in fields.items():
        values = value if isinstance(value, list) else [value]
        if len(values) > MAX_VALUES:
            yield name, f"has {len(values)} values; {MAX_VALUES} are allowed"
        for one in values[:MAX_VALUES]:
            if problem := _problem(types.get(name, "text"), one, SHORT.get(name, MAX_LENGTH)):
                yield name, f"{one!r:.80} {problem}"


def _problem(kind: str, value: object, longest: int) -> str:
    if kind == "bool":
        return "" if isinstance(value, bool) else "must be true or false"
    if kind == "int":
        # Of a truth value no number is made here.
        is_number = isinstance(value, int | str) and _DIGITS.fullmatch(str(value))
        return "" if is_number and abs(int(str(value))) <= MAX_NUMBER else f"must be a number up to {MAX_NUMBER}"
    if not isinstance(value, str):
        return "must be a text"
    if len(value) > longest:
        return f"has {len(value)} characters; {longest} are allowed"
    return (
        "" if all(c.isprintable() or _is_blank(c) for c in value) else "has control characters; text alone is allowed"
    )


def _is_blank(character: str) -> bool:
    """Tell what people type and paste between words from the separators among the control characters."""
    return character in "\t\r\n" or (character.isspace() and ord(character) >= NO_BREAK_SPACE)
