"""The facade over storage: what screens and commands see of a folder, its marks, pages and saved views."""
