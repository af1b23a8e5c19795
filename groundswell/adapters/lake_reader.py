"""The raw lake table without Spark: by PyIceberg, straight from the catalog in Postgres and the files on S3."""

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from groundswell.contracts.posts import RAW_TABLE
from groundswell.errors import UnavailableError
from groundswell.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa


def catalog_properties(settings: Settings) -> dict[str, str]:
    """Return what any PyIceberg program needs to open the lake's catalog."""
    lake, postgres = settings.lake, settings.postgres
    user, password = quote(postgres.user, safe=""), quote(postgres.password.get_secret_value(), safe="")
    database = f"{postgres.host}:{postgres.port}/{quote(postgres.database)}?{urlencode(postgres.tls_options)}"
    properties = {
        "type": "sql",
        "uri": f"postgresql+psycopg2://{user}:{password}@{database}",
        "init_catalog_tables": "false",
        "warehouse": lake.warehouse,
        "py-io-impl": "pyiceberg.io.pyarrow.PyArrowFileIO",
        "s3.endpoint": lake.endpoint_url,
        "s3.region": lake.region,
        "s3.access-key-id": lake.access_key,
        "s3.secret-access-key": lake.secret_key.get_secret_value(),
    }
    if lake.ca_file:
        properties |= {"py-io-impl": "groundswell.adapters.trusting_file_io.TrustingFileIO", "s3.ca-file": lake.ca_file}
    return properties


def read_day(settings: Settings, day: date, columns: tuple[str, ...] = ("*",)) -> "pa.RecordBatchReader":
    """Return a day's records as Arrow batches, which DuckDB, Polars and pandas read; only that day's files are opened.

    Parameters
    ----------
    settings : Settings
    day : date
        UTC, by `time_stamp`.
    columns : tuple of str
        Columns of `groundswell.contracts.posts.RECORD_SCHEMA`.

    Raises
    ------
    UnavailableError
        PyIceberg isn't installed, or the lake has no table yet.
    """
    try:
        from pyiceberg.catalog import load_catalog
        from pyiceberg.exceptions import NoSuchTableError
    except ImportError as error:
        raise UnavailableError("PyIceberg is not installed", "pip install 'groundswell[query]'") from error
    lake = settings.lake
    try:
        table = load_catalog(lake.catalog, **catalog_properties(settings)).load_table(f"{lake.namespace}.{RAW_TABLE}")
    except NoSuchTableError as error:
        raise UnavailableError(
            f"the lake has no table {lake.namespace}.{RAW_TABLE}", "run `groundswell stream`, which makes it"
        ) from error
    start = datetime.combine(day, time())
    inside = f"timestamp >= '{_text(start)}' and timestamp < '{_text(start + timedelta(days=1))}'"
    return table.scan(row_filter=inside, selected_fields=columns).to_arrow_batch_reader()


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}+00:00"
