"""Markdown <-> blocks."""
