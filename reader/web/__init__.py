"""A URL -> bytes, or a person's browser. Knows no library and no screen, and stores nothing."""
