"""Other programs of the user: browser, pager, editor."""
