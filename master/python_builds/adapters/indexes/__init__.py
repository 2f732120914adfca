"""Writing the indexes, and reading them back."""
