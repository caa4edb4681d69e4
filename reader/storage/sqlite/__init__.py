"""The SQLite storage. The only package that imports sqlite3."""
