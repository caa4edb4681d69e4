"""The index of a folder: a cache that can be rebuilt."""
