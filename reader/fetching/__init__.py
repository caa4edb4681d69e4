"""Articles -> fetched pages."""
