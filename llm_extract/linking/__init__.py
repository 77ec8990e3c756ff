"""What is the same across articles: one actor under several names, one issue in other words."""
