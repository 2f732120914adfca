"""The web UI: login and forms."""
