"""Its presence is what counts."""
