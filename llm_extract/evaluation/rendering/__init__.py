"""Evaluations and comparisons for people and programs; each module writes one form."""
