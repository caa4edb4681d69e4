"""Bytes of an image to what a terminal can draw. Fetching and storing are done elsewhere.

`model` is what the screen sees. `decode` and `terminal_graphics` use Pillow and textual-image, and run only in
worker processes (reader.workers.image_tasks).
"""
