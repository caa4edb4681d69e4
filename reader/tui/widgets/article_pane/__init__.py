"""The pane with the selected article."""
