"""The ledger's schema, step by step."""

HEAD = "0002"
"""The newest revision; what an open ledger must be at."""
