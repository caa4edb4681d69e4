"""HTML fragments to blocks, by a tolerant tokenizer and tree builder. Whole web pages go to reader.extraction."""
