"""Markdown to blocks and back."""
