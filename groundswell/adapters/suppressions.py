"""What people told the detector, as the stream and the statistics read it from Postgres."""

from datetime import datetime

import pyarrow as pa
from psycopg2.extensions import connection as Connection  # noqa: N812

from groundswell.domain.suppression import HOUR_SECONDS, Dismissal, SuppressionWindow, Told, hours_of

LEFT_OUT = "left_out"
TAKEN_WHOLE = "taken_whole"
TAUGHT_SCHEMA = pa.schema([("keyword", pa.string()), ("hour", pa.int32()), ("kind", pa.string())])

_TOLD = """
SELECT 'window', keyword, extract(epoch FROM starts_at)::bigint, ceil(extract(epoch FROM ends_at))::bigint
FROM suppression_windows WHERE starts_at < %(end)s AND ends_at > %(start)s
UNION ALL
SELECT 'dismissal', keyword, extract(epoch FROM starts_at)::bigint, ceil(extract(epoch FROM ends_at))::bigint
FROM alert_dismissals WHERE starts_at < %(end)s AND ends_at > %(start)s
"""


def read_told(connection: Connection, start: datetime, end: datetime) -> list[Told]:
    """Return the known events and dismissals that touch [start, end).

    For judging, `start` is the batch's earliest moment less the trailing window.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TOLD, {"start": start, "end": end})
        return [
            SuppressionWindow(keyword, starts_s, ends_s) if kind == "window" else Dismissal(keyword, starts_s, ends_s)
            for kind, keyword, starts_s, ends_s in cursor
        ]


def taught_hours_table(connection: Connection, start: datetime, end: datetime) -> pa.Table:
    """Return the hours in [start, end) that people said something of, for the statistics.

    Parameters
    ----------
    connection : Connection
    start, end : datetime
        Full hours with a time zone.

    Returns
    -------
    pyarrow.Table
        keyword string (null: every keyword and the platform), hour int32 (0 begins at `start`), kind string
        (`left_out` or `taken_whole`); a row once. An hour may have both kinds: left out is the stronger.
    """
    first_hour, end_hour = (int(time.timestamp()) // HOUR_SECONDS for time in (start, end))
    rows = {
        (told.keyword, hour - first_hour, LEFT_OUT if isinstance(told, SuppressionWindow) else TAKEN_WHOLE)
        for told in read_told(connection, start, end)
        for hour in hours_of(told, first_hour, end_hour)
    }
    ordered = sorted(rows, key=lambda row: (row[0] is not None, row[0] or "", row[1], row[2]))
    columns = list(zip(*ordered, strict=True)) or [(), (), ()]
    return pa.table([pa.array(values, field.type) for values, field in zip(columns, TAUGHT_SCHEMA, strict=True)],
                    schema=TAUGHT_SCHEMA)  # fmt: skip
