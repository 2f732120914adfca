"""The functional core: no network, no process, no reactor, nothing that waits."""
