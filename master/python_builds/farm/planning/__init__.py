"""The planner, and the builder that breaks the glass."""
