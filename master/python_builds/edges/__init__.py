"""The edges: HTTP, apt and the store. Blocking code, called from threads by the farm."""
