"""Saved views: queries with a name, in a file that a person can edit."""
