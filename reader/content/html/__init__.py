"""HTML fragments to blocks, with a tokenizer and tree builder of our own. Whole web pages go to reader.extraction."""
