"""The commands, declared with click. The app itself is in reader.tui.

Each module imports what its command needs when the command runs, so that `--help` and `--version` answer at
once.
"""
