"""Feeds on the screen: those of the folder, and changes of your list."""
