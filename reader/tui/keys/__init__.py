"""Actions, their key bindings and their documentation."""
