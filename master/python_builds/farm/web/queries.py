"""The query of a GET to Buildbot's REST interface, held to what a database and a comparison can take.

Buildbot checks what its own pages never send by an exception, with a traceback in the log of the master.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from buildbot.data.exceptions import InvalidQueryParameter
from buildbot.data.resultspec import Filter, ResultSpec
from buildbot.data.types import Boolean, DateTime, Identifier, Integer, List, NoneOk, String, Type
from buildbot.util import datetime2epoch

from python_builds.farm.web.form_values import MAX_NUMBER

ORDERED = (Integer, DateTime, String, Identifier)
"""Types of fields with values of which one is less than another."""

SORTED = (*ORDERED, Boolean)

CONTAINING = (String, Identifier, List)
"""Types of fields with values that have parts."""

OPERATORS = {**dict.fromkeys(("lt", "le", "gt", "ge"), ORDERED), "contains": CONTAINING}
"""The types that each operator is for; those that are not listed are for all."""

NUMBER = re.compile("[0-9]{1,9}")

WITHOUT_FIELDS = frozenset({"limit", "offset", "property"})
"""Parameters that need no field."""


class SafeFilter(Filter):
    """Finds no order in what has none: as in SQL, nothing is less than no value, and no value contains anything."""

    def apply(self, data: Iterable[Any]) -> Iterator[Any]:
        """Give the rows that fit; a time is compared as seconds since 1970, as it is asked for."""
        return super().apply(one for one in data if self.op not in OPERATORS or _value(one, self.field) is not None)

    def getOperator(self, sqlMode: bool = False) -> Any:
        """Give what compares a value, or a column, with those that are asked for."""
        operator = super().getOperator(sqlMode)
        if sqlMode:  # whose columns of truth values are small integers
            return lambda column, asked: operator(column, [int(v) if isinstance(v, bool) else v for v in asked])
        return lambda value, asked: operator(_comparable(value), asked)


def as_numbers(ids: Mapping[str, Any]) -> dict[str, Any]:
    """Give the ids of a path as numbers: some of Buildbot's endpoints leave them texts, which PostgreSQL refuses."""
    return {
        name: int(value) if name.endswith("id") and isinstance(value, str) and NUMBER.fullmatch(value) else value
        for name, value in ids.items()
    }


def require_parameters(arguments: Mapping[bytes, Sequence[bytes]], entity: Any) -> None:
    """Refuse names that Buildbot does not look at before it uses them.

    Raises:
        InvalidQueryParameter: with what is wrong.
    """
    for name, values in arguments.items():
        if not hasattr(entity, "fieldNames") and name.decode() not in WITHOUT_FIELDS:
            raise InvalidQueryParameter(f"{name.decode()!r:.40} is no parameter here: there are no fields")
        if name in (b"order", b"field") and not all(values):
            raise InvalidQueryParameter(f"{name.decode()} is empty: it must be the name of a field")


def with_safe_filters(spec: ResultSpec, entity: Any) -> ResultSpec:
    """Check numbers and operators, and put filters in place that find their way through rows without a value.

    Raises:
        InvalidQueryParameter: with the value found and what is allowed.
    """
    for name, number in (("limit", spec.limit), ("offset", spec.offset)):
        if number is not None and not 0 <= number <= MAX_NUMBER:
            raise InvalidQueryParameter(f"{name} is {number!s:.40}: it must be a number from 0 to {MAX_NUMBER}")
    for field in spec.order or ():
        _require_kind("order", field.removeprefix("-"), entity, SORTED)
    for one in spec.filters:
        _require_kind(one.op, one.field, entity, OPERATORS.get(one.op, (Type,)))
        for value in one.values:
            if isinstance(value, int) and abs(value) > MAX_NUMBER:
                raise InvalidQueryParameter(f"{one.field} is {value!s:.40}: no number is larger than {MAX_NUMBER}")
    spec.filters = [SafeFilter(one.field, one.op, one.values) for one in spec.filters]
    return spec


def _require_kind(operator: str, field: str, entity: Any, kinds: tuple[type[Type], ...]) -> None:
    kind = entity.fields[field]
    kind = kind.nestedType if isinstance(kind, NoneOk) else kind
    if not isinstance(kind, kinds):
        raise InvalidQueryParameter(f"{field} knows no {operator!r}: its values are of the type {kind.name}")


def _value(row: Any, field: str) -> object:
    return row[field] if isinstance(row, dict) else getattr(row, field)


def _comparable(value: object) -> object:
    return datetime2epoch(value) if isinstance(value, datetime) else value
