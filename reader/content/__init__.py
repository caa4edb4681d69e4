"""Markup of strangers, HTML or Markdown, turned into text that one can read: pure, bounded, never raising."""
