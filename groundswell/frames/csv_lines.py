"""Rows as lines of CSV that Postgres' COPY reads, rendered in the JVM so that Python only passes bytes on."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import ArrayType, DataType, DateType, StringType, TimestampType

LINE = "line"


def csv_lines(rows: DataFrame) -> DataFrame:
    """Return one string column `line`, each ending with a newline.

    Parameters
    ----------
    rows : DataFrame
        Columns of numbers, booleans, dates, timestamps, strings, or arrays of numbers or strings.

    Returns
    -------
    DataFrame
        Null is an empty field, an empty string is `""`; NUL characters, which Postgres can't hold, are gone and
        what is no UTF-8 is replaced.
    """
    fields = [_field(F.col(f"`{field.name}`"), field.dataType) for field in rows.schema.fields]
    return rows.select(F.concat(F.concat_ws(",", *fields), F.lit("\n")).alias(LINE))


def _field(column: Column, kind: DataType) -> Column:
    if isinstance(kind, ArrayType):
        text = _quoted(_array(column, kind.elementType))
    elif isinstance(kind, StringType):
        text = _quoted(storable(column))
    elif isinstance(kind, (TimestampType, DateType)):
        text = _quoted(column.cast("string"))
    else:
        text = column.cast("string")
    return F.coalesce(text, F.lit(""))


def storable(text: Column) -> Column:
    """Return text that Postgres can hold: without NUL characters, and what is no UTF-8 replaced."""
    return F.replace(F.make_valid_utf8(text), F.lit("\0"), F.lit(""))


def _quoted(text: Column) -> Column:
    return F.concat(F.lit('"'), F.replace(text, F.lit('"'), F.lit('""')), F.lit('"'))


def _array(column: Column, element: DataType) -> Column:
    """Return Postgres' array literal, null where the array is."""

    def item(value: Column) -> Column:
        if not isinstance(element, StringType):
            return F.coalesce(value.cast("string"), F.lit("NULL"))
        escaped = F.regexp_replace(storable(value), r'(["\\])', r"\\$1")
        return F.coalesce(F.concat(F.lit('"'), escaped, F.lit('"')), F.lit("NULL"))

    return F.concat(F.lit("{"), F.array_join(F.transform(column, item), ","), F.lit("}"))
