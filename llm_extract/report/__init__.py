"""One HTML page of a run's results, to look at."""
