"""What is typed about advisories."""
