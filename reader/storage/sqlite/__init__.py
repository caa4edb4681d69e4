"""The SQLite storage, the only package that imports sqlite3.

Three files, three promises: `index-*.db` is a cache of one folder that can be rebuilt, `state.db` is
precious, `pages.db` is a bounded cache for all folders.
"""
