"""The database beside Buildbot: who has it."""
