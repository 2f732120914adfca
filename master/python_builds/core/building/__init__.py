"""What may be asked of a build, and what must be true of what it made."""
