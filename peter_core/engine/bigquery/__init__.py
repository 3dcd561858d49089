"""BigQuery as an engine: one billed job for each run, whatever the network does."""

from __future__ import annotations

from peter_core.engine.bigquery.engine import BigQueryEngine

__all__ = ["BigQueryEngine"]
