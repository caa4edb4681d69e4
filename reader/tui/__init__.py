"""The screen: Textual widgets that ask the library, start jobs and draw. Nothing below imports this."""

import os

# Textual draws at most so often, and after a frame that nobody waited for (of the bar of a refresh, say) keeps a key
# waiting for up to two such periods: 33 ms with the usual 60. It takes this number from nowhere else, and only once.
os.environ.setdefault("TEXTUAL_FPS", "120")
