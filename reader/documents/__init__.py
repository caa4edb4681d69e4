"""What a document says: finding files, splitting front matter, reading fields. Stores nothing.

`parse` decides what a document means. `index_record` gives the same answer faster for headers of common
shapes and leaves all others to `parse`, so problems and their lines come from there alone. Tests hold the two
to one answer: a change to either is a change to both.
"""
