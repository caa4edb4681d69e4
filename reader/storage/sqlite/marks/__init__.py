"""Marks (read, starred, tags), named items, settings and reading positions: what must not be lost.

Each mark is a row with the time of its change and a token, the number of that change. Undoing a step touches
only marks that still have its token, so what has changed since stays. Merging takes the greater (time,
value), which is commutative, associative and idempotent.
"""
