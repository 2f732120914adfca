"""The Linux distributions that are built for, a row each."""
