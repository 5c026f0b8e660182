"""What Sections 1 and 2 share to try variations: trials, the workers that run them, and what the trials show."""
