"""The farm's library. Read it from the top of this list; each ring imports only from the rings above it.

core/      what is true and what follows from it, pure: no network, no process, no reactor
adapters/  where the world begins: sources of tarballs, stores, signatures, Docker engines; blocking code
farm/      Buildbot's shapes: steps, builders, schedulers, workers, web; master.cfg names them
cli/       what people type: `python-builds build`, `run`, `rebuild` …, of which make's targets are aliases

Inside a ring, folders by subject, under the same names in each: settings, platforms, upstream (CPython's releases and
their sources), building (one build), publishing (what is left behind), indexes (what clients read), planning (what is
to be built), workers (containers, images), advisories (known vulnerabilities).
"""
