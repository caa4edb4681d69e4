"""The screen: Textual widgets that ask the library, start jobs and draw. Nothing below imports this."""
