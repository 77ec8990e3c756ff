"""From what a model answers to what the article says: names, dates, merging."""
