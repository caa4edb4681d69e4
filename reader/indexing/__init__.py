"""Folder -> index, kept up to date."""
