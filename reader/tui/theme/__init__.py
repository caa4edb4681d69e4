"""Themes, and styles made from their colors."""
