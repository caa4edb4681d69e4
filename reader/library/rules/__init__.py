"""Rules: what happens to articles that match a query when they arrive."""
