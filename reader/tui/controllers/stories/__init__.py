"""Stories on the screen: grouped lists, and what leads from one article to others."""
