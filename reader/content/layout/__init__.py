"""Blocks to lines of a given width in cells. Styles and drawing are left to reader.tui."""
