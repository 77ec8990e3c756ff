"""Runs through the batch service of a provider: half the price, replies within a day."""
