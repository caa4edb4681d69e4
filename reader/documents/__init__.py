"""What one file says: finding documents, splitting front matter, reading fields."""
