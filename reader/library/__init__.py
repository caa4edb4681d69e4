"""What we hold on disk: the index of a folder and the person's marks. ``library.library`` is its face."""
