"""The table of what was built: a CPython series and variant a line, a platform a column, made from records alone."""

from collections.abc import Iterable

from packaging.version import Version

from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.publishing.records import Record
from python_builds.core.upstream.releases import minor

NOTHING = "-"


def minors_table(records: Iterable[Record]) -> str:
    """Write the table in Markdown: of each series and variant the newest version of which there are records.

    A cell names each architecture and profile that was built, by the newest record, with what was found.
    """
    newest: dict[tuple[str, str], Version] = {}
    cells: dict[tuple[Version, str, str], dict[str, Record]] = {}
    for record in sorted(records, key=lambda r: r.built_at):
        version = Version(record.python_version)
        series = (minor(version), record.variant)
        newest[series] = max(version, newest.get(series, version))
        cell = cells.setdefault((version, record.variant, record.platform), {})
        cell[f"{record.architecture} {record.profile}"] = record
    built_on = {platform for _, _, platform in cells}
    columns = [platform.name for platform in PLATFORMS if platform.name in built_on]
    lines = [["CPython", *columns], ["---"] * (len(columns) + 1)]
    for (_, variant), version in sorted(newest.items(), key=lambda item: (item[1], item[0])):
        found = (cells.get((version, variant, name), {}) for name in columns)
        lines.append(
            [f"{version}{variant}", *("<br>".join(map(_entry, sorted(cell.items()))) or NOTHING for cell in found)]
        )
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _entry(item: tuple[str, Record]) -> str:
    what, record = item
    with_compiler = f", {record.built_with.compiler.rpartition(' ')[2]}" if record.built_with else ""
    tests = f", {record.built_with.tests.passed} tests" if record.built_with else ""
    checked = "tried" if record.checked else "not tried"
    return f"{what}: {checked}{tests}{with_compiler}, {record.built_at.date()}"
