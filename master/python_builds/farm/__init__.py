"""Buildbot's shapes. master.cfg is their table of contents."""
