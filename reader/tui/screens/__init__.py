"""The screens. They compose widgets and route messages."""
