"""The formats of feeds: RSS, Atom and JSON Feed to the model. Only worker processes parse."""
