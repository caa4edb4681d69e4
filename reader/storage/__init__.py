"""Where indexes, marks and pages are stored. Each sub-package is one kind of storage."""
