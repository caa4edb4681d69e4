"""The index of a folder: a cache that is set aside and rebuilt if it is damaged or of another format.

For each sort order the row numbers of all articles are stored as one array of 4-byte integers, so that an
order of a million articles is read in milliseconds. Fields such as source and topics are columns of small
integers. The full-text table holds words, not text; a changed document gets a new slot in it.
"""
