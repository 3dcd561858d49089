"""Who runs SQL: the port, and one adapter an engine."""
