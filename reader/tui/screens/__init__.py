"""What can be shown over or instead of the list. Screens compose widgets and route messages."""
