"""The index of a folder: a cache that is rebuilt when it is damaged or the format changes.

Each sort order is stored as one array of 4-byte row ids, so that an order of a million articles loads in
milliseconds. Fields such as source and topics are columns of small integers. The full-text table stores words
but no text; a changed document gets a new slot in it.
"""
