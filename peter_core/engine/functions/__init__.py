"""BigQuery's functions that DuckDB has none for, in Python: pure, of their arguments alone."""
