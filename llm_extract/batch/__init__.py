"""Runs over many articles: the ledger, the runner, the plan of a run, and its records."""
