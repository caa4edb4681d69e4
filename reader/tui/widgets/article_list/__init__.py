"""The list of articles: rows, columns, header, selection."""
