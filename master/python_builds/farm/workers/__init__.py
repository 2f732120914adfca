"""Workers: containers, and a process on this machine."""
