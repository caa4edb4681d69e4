"""Feeds become documents: what a feed says, which feeds you follow, and their entries as files."""
