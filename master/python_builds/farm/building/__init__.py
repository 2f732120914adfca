"""The builders of a release and of its platforms."""
