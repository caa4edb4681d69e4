"""Child processes: starting, supervising, and the sandbox with limits on time and memory.

Anything that parses what strangers wrote at length runs here: web pages, long bodies, pictures. What somebody
waits for goes before work in the background.
"""
