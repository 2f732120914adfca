"""What is published, looked after by hand: on the store of the settings, whether or not a farm runs."""

import sys
from collections.abc import Callable

from python_builds.adapters.indexes.indexing import write_indexes
from python_builds.adapters.publishing import adoption, pruning
from python_builds.adapters.publishing.audit import Progress, audit
from python_builds.adapters.publishing.publishing import published_products
from python_builds.adapters.store.store import make_store
from python_builds.cli.output import table
from python_builds.core.errors import InvalidRequest, StoreError
from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.publishing.adoption import lost_versions
from python_builds.core.settings.settings import Settings


def reindex(settings: Settings, *, digests: bool, accept_loss: bool) -> None:
    """Compare all records with the indexes, and write those that differ; for digests, read all files too.

    Raises:
        StoreError: if something is damaged; all else is done.
    """
    store = make_store(settings)
    found = write_indexes(settings, store, audit=True, accept_loss=accept_loss)
    for key in found.written:
        print(f"  {store.location(key)}")
    print(f"{len(found.written)} written" if found.written else "all up to date")
    for sentence in found.left:
        print(sentence)
    problems = [*found.damaged.values()]
    if digests:
        problems += [problem for problem in audit(store, told_progress()) if problem not in problems]
    if problems:
        raise StoreError("\n  ".join([f"{len(problems)} damaged; docs/bucket.md says what to do:", *problems]))


def told_progress() -> Callable[[Progress, Progress], None]:
    """Make what prints a line for each tenth of the bytes that are read."""
    told = -1

    def seen(done: Progress, total: Progress) -> None:
        nonlocal told
        tenth = 10 * done.objects // total.objects if not total.bytes else 10 * done.bytes // total.bytes
        if tenth > told:
            told = tenth
            read = f"{done.bytes / 2**30:.2f} of {total.bytes / 2**30:.2f} GiB"
            print(f"  {10 * tenth:3} %  {done.objects} of {total.objects} files, {read}", flush=True)

    return seen


def prune(settings: Settings, keep_text: str, *, yes: bool) -> None:
    """List what is older than the last revisions, or remove it."""
    keep, store = _number(keep_text or str(settings.keep_revisions)), make_store(settings)
    found = pruning.find_removable(store, keep, unchecked=not settings.s3_bucket)
    if found.revisions:
        head = ("PACKAGE", "BUILDER", "PROFILE", "REVISION", "MIB")
        rows = [
            (o.product.package, o.product.builder, o.product.profile, str(o.revision), f"{o.size / 2**20:.1f}")
            for o in found.revisions
        ]
        print(table(head, rows))
    for key in found.index_files:
        print(f"  {key}")
    total = sum(one.size for one in found.revisions) / 2**20
    for problem in found.damaged:
        print(f"warning: {problem}; nothing of its product is removed", file=sys.stderr)
    files = f"{len(found.index_files)} index files of former times"
    print(f"{len(found.revisions)} revisions beyond the newest {keep}, {total:.1f} MiB; {files}")
    if not found.revisions and not found.index_files:
        return
    if not yes:
        print("nothing was removed; YES=1 removes them")
        return
    pruning.prune(store, found, print)
    write_indexes(settings, store, audit=True)


def adopt(settings: Settings, *, digests: bool, accept_loss: bool, yes: bool) -> None:
    """List what the predecessor has left, or make records of it and write the indexes."""
    store = make_store(settings)
    found = adoption.find_adoptable(store)
    for platform in PLATFORMS:
        mine = [one for one in found.products if one.product.platform == platform]
        if mine:
            print(f"  {platform.name}: {len(mine)} versions, {mine[0].product.version} to {mine[-1].product.version}")
    print(f"{len(found.products)} to adopt, {found.recorded} with a record already")
    for reason, keys in found.left_out.items():
        print(f"left out: {len(keys)} files: {reason}, as {keys[0]}")
    recorded = {str(p.version) for platform in PLATFORMS for p in published_products(store, "optimized", platform)}
    gone = lost_versions(adoption.listed_versions(store), found.products, recorded)
    if gone:
        print(f"versions.json lists {len(gone)} versions that nothing above has: {', '.join(gone)}")
    if not yes:
        print("nothing was written; YES=1 makes the records and writes the indexes")
        return
    adoption.adopt(store, found, digests=digests, say=print)
    reindex(settings, digests=False, accept_loss=accept_loss)  # they were just computed


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise InvalidRequest(f"keep is {text!r}: it must be a number of revisions, 1 or more")
    return int(text)
