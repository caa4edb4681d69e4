"""One line of input."""
