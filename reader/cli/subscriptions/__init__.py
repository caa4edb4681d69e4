"""The commands that keep and fetch feeds: ``sync``, and those of ``feeds`` about your list."""
