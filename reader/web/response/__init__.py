"""Parts of a response: media type, decompression, header fields."""
