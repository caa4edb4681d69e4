"""The terminal and the process: graphics, signals, pager, threads, garbage collection."""
