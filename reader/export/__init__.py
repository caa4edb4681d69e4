"""Articles and marks as files."""
