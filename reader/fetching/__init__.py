"""Articles to fetched pages: which URLs, in which order, how politely, and what may be replaced.

The service runs in a process of its own, started by the first command, so that HTTP, TLS and extraction share
no time with the screen. Commands and events are messages through pipes. While work is under way it sends a heartbeat;
if it falls silent or crashes, pending commands fail and the next one starts a new process. The HTTP client is
reader.web; the pages are stored by reader.library.
"""
