"""Other programs of the user: the browser, the pager, the editor."""
