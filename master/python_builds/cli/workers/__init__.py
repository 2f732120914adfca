"""Images, and where to build."""
