"""Splits a document into header and body: YAML, TOML, JSON, lines without fences, Org, reStructuredText, HTML heads."""
