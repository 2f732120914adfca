"""Buildbot's database, and what happens while it is away."""
