"""newsreader: news kept as files, read in the terminal."""

__version__ = "0.1.0"
