"""Imported by everything; imports nothing of ours."""
