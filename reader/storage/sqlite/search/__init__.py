"""Query trees -> sets of rows."""
