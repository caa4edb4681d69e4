"""The entries of feeds as documents in a folder: which are new, what is written, and what is deleted."""
