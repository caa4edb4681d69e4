"""Widgets draw and post messages. They know no library."""
