"""The screen: pure parts by example and property, the app by Pilot, its looks by snapshot."""
