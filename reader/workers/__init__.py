"""Child processes: starting and supervising them, and the sandbox with limits on time and memory.

Untrusted input that takes long to parse is parsed here: web pages, long bodies, images. Foreground tasks come before
background tasks.
"""
