"""What the planner reads and leaves."""
