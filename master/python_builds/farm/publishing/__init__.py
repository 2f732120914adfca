"""What the farm does with what it has published."""
