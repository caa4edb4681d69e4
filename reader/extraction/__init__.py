"""A web page to its article. Runs only in sandboxed worker processes, which reader.workers starts.

The bytes become a tree (`tree`), from which `prune` removes what no article contains; images, captions and
code listings become placeholders that both extractors preserve. Up to three candidates follow: trafilatura,
readability, and the element with most of the text. If the first agrees with the third, it is the answer,
otherwise the one nearest to the other two. JSON-LD's `articleBody` confirms or replaces it, and `cleanup`
removes what repeats the page's header.
"""
