"""What steps on the master have in common."""
