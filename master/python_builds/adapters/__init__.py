"""Adapters to the world: HTTP, apt, the store, gpg, Docker. Blocking code, called from threads by the farm."""
