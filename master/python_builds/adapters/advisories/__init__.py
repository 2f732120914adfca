"""Where records of advisories come from, and the table of commits that they name."""
