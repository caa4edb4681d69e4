"""Recognizes pages that stand in for an article: paywalls, error pages, consent walls, logins."""
