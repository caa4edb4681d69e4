"""What the screens show, loaded from the library in worker threads. No widgets."""
