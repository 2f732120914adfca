"""The recipe, and what a build has left, looked at from outside."""
