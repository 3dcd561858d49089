"""The ledger's schema, step by step."""

HEAD = "0003"
"""The newest revision; what an open ledger must be at."""
