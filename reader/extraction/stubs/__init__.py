"""Pages that stand in place of an article: paywalls, error pages, consent pages."""
