"""The builder of the indexes."""
