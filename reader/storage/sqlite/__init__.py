"""The SQLite storage, the only package that imports sqlite3.

`index-*.db` is a cache of one folder that can be rebuilt, `pages.db` a bounded cache for all folders. `state.db` and
`feeds.db` are precious.
"""
