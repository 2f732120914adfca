"""A piece of a log, written in one transaction: Buildbot takes three, and another pool of threads to compress it."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from buildbot.db.logs import LogsConnectorComponent
from buildbot.db.model import Model

_LOGS, _CHUNKS = Model.logs, Model.logchunks


def append_log(logs: Any, theirs: Callable[..., Any], logid: int, content: str) -> Any:
    """Append whole lines to a log; what is more than one chunk of Buildbot's is left to it.

    Args:
        logs: Buildbot's part of the database.
        theirs: What appends there.
        logid: The log.
        content: The lines, each with its end.
    """
    lines = content.encode()
    if len(lines) > logs.MAX_CHUNK_SIZE:
        return theirs(logid, content)
    compression = logs.COMPRESSION_MODE[logs.master.config.logCompressionMethod]
    return logs.db.pool.do_with_transaction(append_chunk, logid, lines, *compression)


def append_chunk(
    connection: sa.Connection, logid: int, lines: bytes, compressed: int, compressor: Any
) -> tuple[int, int] | None:
    """Write a chunk and count its lines; give the first one's number and the last one's, or None if there is no log."""
    of_log = _LOGS.c.id == logid
    first: int | None = connection.execute(sa.select(_LOGS.c.num_lines).where(of_log)).scalar()
    if first is None:
        return None
    text = lines.removesuffix(b"\n")
    work = compressor.CompressObj()
    content = work.compress(text) + work.flush()
    if len(content) >= len(text):
        content, compressed = text, LogsConnectorComponent.NO_COMPRESSION_ID
    last = first + lines.count(b"\n") - 1
    row = {"logid": logid, "first_line": first, "last_line": last, "content": content, "compressed": compressed}
    connection.execute(_CHUNKS.insert(), row)
    connection.execute(_LOGS.update().where(of_log).values(num_lines=last + 1))
    return first, last
