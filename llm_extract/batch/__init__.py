"""Running over many articles: the store and the runner."""
