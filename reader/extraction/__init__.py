"""A web page to its article. Runs only in sandboxed worker processes, which reader.workers starts.

The bytes become a tree (`page_tree`). Two libraries choose the texts of the article in it (`extractors`); `markup`
rewrites what sites build with classes and scripts, `article_tree` keeps what was chosen and what belongs between, and
`reader.content.html` makes blocks of it. `cleanup` removes what repeats the page's header, and boilerplate.
"""
