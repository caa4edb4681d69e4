"""Fetched pages and images: a bounded cache."""
