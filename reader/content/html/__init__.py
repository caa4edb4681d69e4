"""HTML -> blocks."""
