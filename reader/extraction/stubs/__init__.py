"""Pages that stand in for an article: paywalls, errors, consent walls."""
