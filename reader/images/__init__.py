"""Pictures: bytes that strangers sent -> what can be drawn in cells. Pure.

:mod:`shapes` is what the screen sees. :mod:`decoding` and :mod:`graphics` import Pillow and
textual-image, and run in a worker process alone (:mod:`reader.workers.image_tasks`).
"""
