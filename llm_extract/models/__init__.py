"""Clients for any OpenAI-compatible server, and the embedded model."""
