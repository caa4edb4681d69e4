"""Feeds and rules on the screen: the feeds of the folder, and changes of your list and of the rules."""
