"""The master on this machine."""
