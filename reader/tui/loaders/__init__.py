"""What worker threads read from the library for the screen."""
