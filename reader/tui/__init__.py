"""The screen: Textual widgets that ask the library, start jobs and draw. Nothing below imports this."""

import os

# Textual draws at most this many frames a second, and after a frame that nobody waited for (a progress bar) it may delay
# the answer to a key by up to two periods: 33 ms with its default of 60. It reads the number here only, and only once.
os.environ.setdefault("TEXTUAL_FPS", "120")
