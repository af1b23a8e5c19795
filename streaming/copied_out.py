"""Rows of Postgres as an Arrow table."""

import io
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.csv as pa_csv
from psycopg2.extensions import connection as Connection  # noqa: N812


def copied_out(connection: Connection, statement: str, parameters: Sequence[object], schema: pa.Schema) -> pa.Table:
    """Return what a COPY gives: a cursor would make Python objects of each number.

    Parameters
    ----------
    connection : Connection
    statement : str
        `COPY (...) TO STDOUT WITH (FORMAT csv)`, with `%s` for each parameter.
    parameters : sequence
    schema : pyarrow.Schema
        Names and types of the columns, in their order. An empty string stays one; it is never null.
    """
    text = io.BytesIO()
    with connection.cursor() as cursor:
        cursor.copy_expert(cursor.mogrify(statement, parameters).decode(), text)
    if not text.tell():
        return schema.empty_table()
    text.seek(0)
    return pa_csv.read_csv(
        text,
        read_options=pa_csv.ReadOptions(column_names=schema.names),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict(zip(schema.names, schema.types, strict=True)), strings_can_be_null=False
        ),
    )
