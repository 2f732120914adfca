"""What containers say of a platform, and the files that keep it."""
