"""What a server answered: content type, decompression, validators, Retry-After."""
