"""The commands that keep and fetch feeds: ``add``, ``import``, ``sync``, and those of ``feeds`` about your list."""
