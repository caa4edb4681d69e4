"""What is known about feeds and their entries, so that nothing is fetched, written or shown twice."""
