"""Keeps the index of a folder up to date, in a process of its own.

A refresh walks the folder, compares each file's size and time with its row, reads what differs (in several
processes if there is much) and writes it in batches. If a document disappears while one with the same
identity appears, it has moved. A folder is watched before it is compared, so that no change is missed. Only one
process writes at a time; the others poll the index's generation and the marks' version.
"""
