"""Saved views: named queries in views.toml, which the user may edit.

The file is the truth; undo works on copies in state.db. Both are merged three ways with what they were when
they last agreed: what changed in the file wins, otherwise what changed in the history.
"""
