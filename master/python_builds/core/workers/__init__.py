"""Docker hosts and worker images."""
