"""Parts of a response: media type, decompression, validators, Retry-After."""
