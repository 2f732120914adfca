"""Looking after what is published."""
