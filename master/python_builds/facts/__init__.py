"""Pure facts: no network, no Twisted, nothing that waits."""
