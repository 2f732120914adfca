"""What an operator may set, and what a value must be."""
