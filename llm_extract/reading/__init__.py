"""What sentences state, read from their grammar: stances and encounters, without a model."""
