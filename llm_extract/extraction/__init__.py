"""From an article to its records: prompts, drafts, strategies."""
