"""The bars above and below the panes."""
