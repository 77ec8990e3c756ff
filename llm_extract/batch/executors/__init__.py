"""Where the articles of a run are extracted: in this process, or by the actors of a Ray cluster."""
