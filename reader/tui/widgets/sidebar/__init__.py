"""The sidebar with saved views and facets."""
