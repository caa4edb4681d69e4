"""Dates as texts write them: ISO 8601, mail headers, and the usual forms in many languages."""
