"""The line in which you type queries, tags and names, with completion and history."""
