"""Stories as lines: the digest of one, and the heat of many."""
