"""Plain classes behind the screens, one concern each."""
