"""Untrusted HTML and Markdown -> readable text. Pure and bounded; never raises."""
