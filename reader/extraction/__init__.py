"""A web page -> its article. Runs in the sandbox."""
