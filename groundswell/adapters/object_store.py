"""The S3 endpoint by itself, without Spark: the client, and what the lake's metadata say."""

import json
from typing import Any
from urllib.parse import urlsplit

from psycopg2.extensions import connection as Connection  # noqa: N812

from groundswell.settings import Settings


def s3_client(settings: Settings, timeout_seconds: float = 10, attempts: int = 3) -> Any:
    """Return a boto3 client of the lake's endpoint, with path-style addresses."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3",
        endpoint_url=settings.lake.endpoint_url,
        verify=settings.lake.ca_file or None,
        region_name=settings.lake.region,
        aws_access_key_id=settings.lake.access_key,
        aws_secret_access_key=settings.lake.secret_key.get_secret_value(),
        config=Config(
            s3={"addressing_style": "path"},
            connect_timeout=timeout_seconds,
            read_timeout=timeout_seconds,
            retries={"total_max_attempts": attempts},
        ),
    )


def lake_rows(settings: Settings, connection: Connection, table: str) -> int:
    """Return the rows of a lake table by its newest committed metadata; 0 where there is no table or no snapshot.

    Parameters
    ----------
    settings : Settings
    connection : Connection
        To the database that holds the Iceberg catalog; left without an open transaction.
    table : str
        Name within the lake's namespace.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.iceberg_tables') IS NOT NULL")
        found = cursor.fetchone()
        location = None
        if found and found[0]:
            cursor.execute(
                "SELECT metadata_location FROM public.iceberg_tables WHERE table_namespace = %s AND table_name = %s",
                [settings.lake.namespace, table],
            )
            location = cursor.fetchone()
    connection.commit()
    if location is None:
        return 0
    place = urlsplit(location[0])
    body = s3_client(settings).get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))["Body"].read()
    metadata = json.loads(body)
    current = metadata.get("current-snapshot-id")
    snapshots = [one for one in metadata.get("snapshots", ()) if one["snapshot-id"] == current]
    return int(snapshots[0]["summary"]["total-records"]) if snapshots else 0
