"""Servers that behave like the real ones, for tests of the real clients."""
