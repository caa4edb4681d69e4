"""The bars around the panes: title, keys and messages, progress."""
