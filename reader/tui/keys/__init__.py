"""The registry of actions, and the bindings and command palette made from it."""
