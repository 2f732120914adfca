"""Rebuilding many."""
