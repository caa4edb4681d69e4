"""The real command in a real terminal."""
