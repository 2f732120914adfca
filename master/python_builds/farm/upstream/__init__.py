"""Watching python.org."""
