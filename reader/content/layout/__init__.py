"""Blocks -> lines of a given width."""
