"""Saved views: queries with a name, in a file that people can edit."""
