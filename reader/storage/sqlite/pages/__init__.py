"""Fetched pages and images of all folders: a bounded cache that never evicts pages of starred articles."""
