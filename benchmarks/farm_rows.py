"""What the builds of `farm` tell, as rows: plain values in, plain values out."""

from collections.abc import Mapping, Sequence

from benchmarks.live_farm import FarmBuild
from benchmarks.report import Row

COMPILE = "compile"


def starts(builds: Sequence[FarmBuild], bare: Sequence[float]) -> list[Row]:
    """Tell how long requests waited, beside the seconds that a bare container takes."""
    return [
        Row(
            what="request to first step, release build (on the master)",
            values=[b.release_began - b.release_submitted for b in builds],
            unit="s",
        ),
        Row(
            what="request to first step on the worker, platform build (its container included)",
            values=[b.first_on_worker - b.submitted for b in builds],
            unit="s",
            compared_to="such a container by hand, to its first command",
            reference=bare,
        ),
    ]


def overhead(warm: Sequence[FarmBuild], alone: Sequence[Mapping[str, float]]) -> list[Row]:
    """Compare whole builds, and the commands within them, to the same commands by hand."""
    commands = list(alone[0])
    by_itself = [sum(run.values()) for run in alone]
    there = "the same commands by hand, in a container that is there"
    return [
        Row(
            what="a release in the farm, Force form to record",
            values=[b.published for b in warm],
            unit="s",
            compared_to=there,
            reference=by_itself,
        ),
        Row(
            what="of that, only the steps of these commands",
            values=[b.seconds(*commands) for b in warm],
            unit="s",
            compared_to=there,
            reference=by_itself,
        ),
    ]


def gain(cold: FarmBuild, warm: Sequence[FarmBuild]) -> list[Row]:
    """Compare a build with an empty ccache to builds with a full one."""
    return [
        Row(
            what=f"step `{COMPILE}`, empty ccache",
            values=[cold.seconds(COMPILE)],
            unit="s",
            compared_to="full ccache",
            reference=[b.seconds(COMPILE) for b in warm],
        ),
        Row(
            what="platform build, request to record, empty ccache",
            values=[cold.published - cold.submitted],
            unit="s",
            compared_to="full ccache",
            reference=[b.published - b.submitted for b in warm],
        ),
    ]


def transfer(builds: Sequence[FarmBuild], copies: Sequence[float], what: str) -> list[Row]:
    """Compare the bytes per second of artifacts to those of a plain copy, which took so many seconds."""
    whole = f"{what}, {builds[-1].uploaded_bytes / 1e6:.0f} MB"
    reference = [builds[-1].uploaded_bytes / 1e6 / seconds for seconds in copies]
    upload = [b.uploaded_bytes / 1e6 / b.seconds(*b.uploads) for b in builds]
    stored = [b.uploaded_bytes / 1e6 / b.seconds(*b.uploads, "publish") for b in builds]
    return [
        Row(what=f"{whole}: {way}", values=values, unit="MB/s", compared_to="`docker cp`", reference=reference)
        for way, values in (("worker to master", upload), ("worker to store, digests checked", stored))
    ]


def hits(cached: Sequence[Mapping[str, int]]) -> list[tuple[int, int]]:
    """Give how many compilations of each build ccache answered, and of how many, from its statistics after each."""
    found = [after.get("direct_cache_hit", 0) + after.get("preprocessed_cache_hit", 0) for after in cached]
    total = [hits + after.get("cache_miss", 0) for hits, after in zip(found, cached, strict=True)]
    return [(f - before[0], t - before[1]) for f, t, before in zip(found, total, _from_zero(found, total), strict=True)]


def hits_in_words(counted: Sequence[tuple[int, int]]) -> str:
    """Write for the table's end what ccache did."""
    builds = ", ".join(f"{found} of {total}" for found, total in counted)
    return f"answered {builds} compilations of the whole builds, in their order"


def _from_zero(found: Sequence[int], total: Sequence[int]) -> list[tuple[int, int]]:
    return [(0, 0), *zip(found[:-1], total[:-1], strict=True)]
