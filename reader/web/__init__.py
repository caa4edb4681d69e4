"""A URL to bytes: the HTTP client with its limits. Knows no library and no screen, and stores nothing."""
