"""The app: Textual screens, controllers and widgets. Only reader.cli and reader.__main__ import this package."""

import os

# After a frame that no key asked for (a progress bar), Textual may delay the answer to a key by two frame periods, 33
# ms at its default of 60 frames a second. It reads this number only here, and only once.
os.environ.setdefault("TEXTUAL_FPS", "120")
