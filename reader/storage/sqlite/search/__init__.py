"""Query trees to sets of rows, and these to sorted results.

A set of rows is one large integer with a bit for each row, so AND, OR and NOT take microseconds for a million
articles. Results of conditions are cached until the lists change.
"""
