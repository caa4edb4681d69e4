"""The query language: text to tree and back, dates, completion. Pure; reader.storage evaluates the tree."""
