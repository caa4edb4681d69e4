"""The pane that shows the selected article and its related items."""
