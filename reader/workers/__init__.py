"""Child processes: supervision and sandbox."""
