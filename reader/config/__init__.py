"""Settings: config.toml as frozen dataclasses. Small values that the app remembers are in state.db instead."""
