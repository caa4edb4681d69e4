"""newsreader: read a folder of news documents in the terminal."""

__version__ = "0.1.0"
