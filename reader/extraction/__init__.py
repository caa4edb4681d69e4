"""A web page -> its article. Runs only in the sandbox."""
