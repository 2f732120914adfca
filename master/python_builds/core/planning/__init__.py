"""What is to be built, what failed, and who is told."""
