"""Saved views: named queries in views.toml, which you may edit.

The file is authoritative; undo works on copies in state.db. A three-way merge with the state of the last
synchronization combines both: a change in the file wins over a change in the history.
"""
