"""Fetched pages and images of all folders: a bounded cache that never removes pages of starred articles."""
