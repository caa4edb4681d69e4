"""The sidebar: saved views and the values of fields, with counts."""
