"""The local S3 server: S3Proxy on a folder."""

from pathlib import Path
from typing import Any

from groundswell.adapters.object_store import s3_client
from groundswell.errors import UnavailableError
from groundswell.settings import Settings
from infra.jars.fetch import jars_folder
from infra.java import find_java
from infra.stack.addresses import Address, accepts_connections, parse_address
from infra.stack.ports import Port
from infra.stack.server import Launch, Server

HEAP_MB = 192
LOGBACK = Path(__file__).with_name("logback.xml")


def s3_server(settings: Settings) -> Server:
    """Describe the local S3 server."""
    scheme, _, rest = settings.lake.endpoint_url.partition("://")
    text = rest.split("/")[0]
    address = parse_address(text if text.rpartition(":")[2].isdigit() else f"{text}:{443 if scheme == 'https' else 80}")
    return Server(
        name="S3",
        ports=(Port(address, "GROUNDSWELL_LAKE__ENDPOINT_URL", "http://{host}:{port}"),),
        run_dir=settings.absolute_home / "run",
        logs_dir=settings.absolute_home / "logs",
        prepare=lambda: _prepare(settings, address),
        probe=lambda: _probe(settings, address),
        jar_set="s3proxy",
    )


def _prepare(settings: Settings, address: Address) -> Launch:
    java = str(find_java().path)
    data = settings.absolute_home / "data" / "s3"
    data.mkdir(parents=True, exist_ok=True)
    configuration = settings.absolute_home / "run" / "s3proxy.properties"
    secret = settings.lake.secret_key.get_secret_value()
    properties = {
        "s3proxy.endpoint": f"http://{address}",
        "s3proxy.authorization": "aws-v2-or-v4",
        "s3proxy.identity": settings.lake.access_key,
        "s3proxy.credential": secret,
        "jclouds.provider": "filesystem-nio2",
        "jclouds.filesystem.basedir": str(data),
        "jclouds.identity": settings.lake.access_key,
        "jclouds.credential": secret,
    }
    configuration.touch(mode=0o600)
    configuration.write_text("".join(f"{k}={v}\n" for k, v in properties.items()), encoding="utf-8")
    return Launch(
        command=[
            java, "-Xms32m", f"-Xmx{HEAP_MB}m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError",
            f"-Dlogback.configurationFile={LOGBACK.as_uri()}", "-cp", f"{jars_folder(settings, 's3proxy')}/*",
            "org.gaul.s3proxy.Main", "--properties", str(configuration),
        ],
        folder=data,
    )  # fmt: skip


def _client(settings: Settings) -> Any:
    # Short and once: a request that comes while the server is starting is never answered.
    return s3_client(settings, timeout_seconds=2, attempts=1)


def _probe(settings: Settings, address: Address) -> None:
    if not accepts_connections(address):
        raise UnavailableError(f"nothing listens at {address}")
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        _client(settings).head_bucket(Bucket=settings.lake.bucket)
    except ClientError as error:
        # No bucket yet, but the server knows us: it is up.
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise UnavailableError(f"S3 at {address} refuses bucket {settings.lake.bucket}: {error}") from error
    except BotoCoreError as error:
        raise UnavailableError(f"S3 at {address} doesn't answer: {error}") from error
