"""Stories: which documents are about one event, how hot they are, and how documents are linked."""
