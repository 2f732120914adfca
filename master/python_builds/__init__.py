"""The farm's library. Read it from the top of this list; each ring imports only from the rings above it.

facts/     what is true: releases, platforms, settings, names, records, indexes, what is missing; no network, no Twisted
edges/     where the world begins: sources of tarballs, stores, signatures, what was published and its indexes
farm/      Buildbot's shapes: steps, builders, schedulers, workers, web; master.cfg names them
commands/  what people type: `python-builds build`, `run`, `rebuild` …, of which make's targets are aliases
"""
