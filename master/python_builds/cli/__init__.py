"""What people type: cli.py has the commands, the other modules what they do."""
