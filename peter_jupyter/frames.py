"""A verified result as a pandas DataFrame."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def data_frame(table: pa.Table) -> pd.DataFrame:
    """The rows with types that lose nothing.

    INT64 becomes ``Int64`` and BOOL ``boolean``, which hold nulls without turning numbers into
    floats (as BigQuery's own client does); DATE becomes a datetime64 at midnight; NUMERIC stays
    ``Decimal``.
    """
    import pandas as pd
    import pyarrow as pa

    nullable = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    frame: pd.DataFrame = table.to_pandas(types_mapper=nullable.get, date_as_object=False)
    return frame
