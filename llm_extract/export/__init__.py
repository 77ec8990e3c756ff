"""A run's results as flat tables and as a graph, for other tools."""
