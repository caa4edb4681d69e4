"""Enclosures on the screen: they are played, and downloaded."""
