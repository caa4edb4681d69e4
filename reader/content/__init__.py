"""Text as blocks (paragraphs, lists, tables), read from Markdown or HTML and laid out in lines.

Everything here is pure, bounded in time and memory, and never raises for any input. Finding the article in a
web page is the task of reader.extraction.
"""
