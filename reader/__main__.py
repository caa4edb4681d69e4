"""``python -m reader`` is the ``newsreader`` command."""

from reader.start import main

if __name__ == "__main__":
    main()
