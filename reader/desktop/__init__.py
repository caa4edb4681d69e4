"""The user's other programs: browser, pager, editor."""
