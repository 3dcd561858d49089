"""A scripted BigQuery over HTTP: its REST answers, its errors, its bills, and faults on demand.

Answers follow the public discovery document of BigQuery v2; results are computed by DuckDB.
"""

from __future__ import annotations

from tests.fakes.bigquery.fake import FakeBigQuery
from tests.fakes.bigquery.faults import Fault
from tests.fakes.bigquery.journal import Request
from tests.fakes.bigquery.tables import FakeTable

__all__ = ["FakeBigQuery", "FakeTable", "Fault", "Request"]
