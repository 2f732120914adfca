"""Docker engines."""
