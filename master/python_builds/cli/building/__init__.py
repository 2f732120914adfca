"""Building one CPython, and building it again."""
