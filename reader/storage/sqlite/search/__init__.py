"""Evaluates query trees to sets of rows, and turns these into sorted results.

A set of rows is one large integer with a bit per row, so AND, OR and NOT take microseconds for a million
articles. Results of conditions are cached until the lists change.
"""
