"""What clients read: computed from records alone."""
