"""The view of a text in full: layout, search, headings, links."""
