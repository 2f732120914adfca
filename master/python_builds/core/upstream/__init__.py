"""CPython as upstream releases it: versions, variants, who signs, what is trusted how far."""
