"""The commands (click). Each module imports what its command needs when the command runs."""
