"""The full-text reader."""
