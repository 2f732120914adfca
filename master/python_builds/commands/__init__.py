"""What people type; each module has a `main() -> int` behind a Make target."""
