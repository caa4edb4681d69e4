"""Long work that the screen and the commands share: it tells how far it is and can be stopped."""
