"""Widgets draw and post messages. They know no library; controllers give them what to show."""
