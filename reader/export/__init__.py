"""Articles and marks as JSON, for scripts and for other machines."""
