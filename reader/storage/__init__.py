"""Where indexes, marks and pages are stored."""
