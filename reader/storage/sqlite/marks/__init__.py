"""Marks: read, starred, tags, and everything else that must not be lost."""
