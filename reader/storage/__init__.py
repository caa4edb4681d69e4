"""What newsreader stores: SQLite files, text files that the user edits as well, and the trash."""
