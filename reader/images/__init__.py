"""Untrusted image files -> images that can be drawn in terminal cells. Pure.

The screen uses only :mod:`model`. :mod:`decode` and :mod:`terminal_graphics` import Pillow and textual-image, and run
only in a worker process (:mod:`reader.workers.image_tasks`).
"""
