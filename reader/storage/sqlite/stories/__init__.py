"""The stories of a folder: which articles are about the same event, how these are linked, and their estimated heat."""
