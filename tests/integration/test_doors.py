"""All doors shut: SASL/SCRAM over TLS to Kafka, TLS to Postgres and S3, and each part of the pipeline as itself."""

import json
import shutil
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme
from botocore.exceptions import SSLError
from confluent_kafka import KafkaException
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from one_burst import DAY, lines, write_statistics
from one_burst import POSTS as POSTS_SENT
from oracle import Source, source_of
from tls_front import TlsFront

from groundswell.adapters.kafka import ensure_topics, producer, read_committed_consumer
from groundswell.adapters.lake_reader import read_day
from groundswell.adapters.object_store import s3_client
from groundswell.adapters.postgres import connect
from groundswell.contracts.topics import ALERTS, POSTS, REPLAY_POSITIONS, Topic
from groundswell.errors import UnavailableError
from groundswell.settings import Settings, load_settings
from infra.stack.kafka import kafka_server
from infra.stack.ports import free_port
from infra.stack.supervisor import start_all, stop_all

SECRETS = {part: f"open-sesame-{part}" for part in ("owner", "producer", "ingest", "reader")}


@dataclass
class Behind:
    """A pipeline that reaches its servers through TLS only."""

    pipeline: Any
    variables: Mapping[str, str]
    source: Source
    postgres_front: TlsFront
    s3_front: TlsFront

    def part(self, role: str, **changes: str) -> dict[str, str]:
        """Return the environment of a part of the pipeline that logs in as itself, to Kafka and to Postgres."""
        own: dict[str, str] = {}
        login = "producer" if role == "collect" else role
        if login in SECRETS and login != "owner":
            own = {"GROUNDSWELL_KAFKA__USER": f"groundswell_{login}", "GROUNDSWELL_KAFKA__PASSWORD": SECRETS[login]}
        if role == "collect":
            own |= {"GROUNDSWELL_SCRAPE__PROXIES": '["http://127.0.0.1:9"]', "GROUNDSWELL_SCRAPE__ATTEMPTS": "1"}
        postgres = self.pipeline.settings.postgres
        if role in ("ingest", "batch", "collect"):
            password = getattr(postgres, f"{role}_password").get_secret_value()
            own |= {"GROUNDSWELL_POSTGRES__USER": f"groundswell_{role}", "GROUNDSWELL_POSTGRES__PASSWORD": password}
        return self.pipeline.environment | own | changes

    def settings(self, role: str = "owner", **changes: str) -> Settings:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.part(role, **changes).items():
                patch.setenv(name, value)
            return load_settings()

    def run(self, role: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "groundswell.cli", *arguments]
        return subprocess.run(command, env=self.part(role), capture_output=True, text=True, timeout=300, check=False)


def _kafka_variables(home: Path, folder: Path) -> dict[str, str]:
    return {
        "GROUNDSWELL_HOME": str(home),
        "GROUNDSWELL_KAFKA__BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
        "GROUNDSWELL_KAFKA__CONTROLLER_PORT": str(free_port()),
        "GROUNDSWELL_KAFKA__SECURITY_PROTOCOL": "SASL_SSL",
        "GROUNDSWELL_KAFKA__CA_FILE": str(folder / "ca.pem"),
        "GROUNDSWELL_KAFKA__BROKER_PEM_FILE": str(folder / "server.pem"),
        "GROUNDSWELL_KAFKA__PASSWORD": SECRETS["owner"],
        "GROUNDSWELL_KAFKA__PRODUCER_PASSWORD": SECRETS["producer"],
        "GROUNDSWELL_KAFKA__INGEST_PASSWORD": SECRETS["ingest"],
        "GROUNDSWELL_KAFKA__READER_PASSWORD": SECRETS["reader"],
    }


def _front_variables(folder: Path, postgres: TlsFront, s3: TlsFront) -> dict[str, str]:
    return {
        "GROUNDSWELL_POSTGRES__PORT": str(postgres.port),
        "GROUNDSWELL_POSTGRES__SSL_MODE": "verify-full",
        "GROUNDSWELL_POSTGRES__CA_FILE": str(folder / "ca.pem"),
        "GROUNDSWELL_LAKE__ENDPOINT_URL": f"https://127.0.0.1:{s3.port}",
        "GROUNDSWELL_LAKE__CA_FILE": str(folder / "ca.pem"),
    }


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ca.pem, server.pem (key and chain), and other-ca.pem, which signed nothing."""
    folder = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA()
    server = authority.issue_cert("127.0.0.1", "localhost")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    key = load_pem_private_key(server.private_key_pem.bytes(), None)
    # Java reads no other form of a key.
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.pem").write_bytes(pem + b"".join(one.bytes() for one in server.cert_chain_pems))
    trustme.CA().cert_pem.write_to_path(str(folder / "other-ca.pem"))
    return folder


@pytest.fixture(scope="module")
def behind(
    stack: Settings, make_pipeline: Callable[..., Any], certificates: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Behind]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / "server.pem")
    home = Path(tempfile.mkdtemp(prefix="groundswell-doors-"))
    for name in ("run", "logs"):
        (home / name).mkdir()
    kafka = _kafka_variables(home, certificates)
    with (
        TlsFront(stack.postgres.port, context, starts_plain=True) as postgres,
        TlsFront(stack.lake_port, context) as s3,
    ):
        variables = kafka | _front_variables(certificates, postgres, s3)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in kafka.items():
                patch.setenv(name, value)
            servers = (kafka_server(load_settings()),)
        try:
            start_all(servers, print)
            pipeline = make_pipeline("doors", **variables)
            write_statistics(pipeline)
            source = source_of(tmp_path_factory.mktemp("doors") / "posts.ndjson", lines())
            yield Behind(pipeline, variables, source, postgres, s3)
        finally:
            stop_all(servers, print)
            shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def worked(behind: Behind) -> dict[str, "subprocess.CompletedProcess[str]"]:
    """What each part did, as itself."""
    return {
        "replay": behind.run("producer", "replay", str(behind.source.path), "--json"),
        "stream": behind.run("ingest", "-v", "stream", "--available-now"),
        "night": behind.run("batch", "batch", "parse-lake", "--day", f"{DAY:%Y-%m-%d}"),
        "alerts": behind.run("reader", "alerts", "list"),
        "dead letters": behind.run("reader", "deadletters", "list"),
        "asking for profiles": behind.run("producer", "profiles", "request", "@nobody.there"),
        # Nobody may go out from here: the request becomes a dead letter.
        "profiles": behind.run("collect", "profiles", "collect", "--no-follow", "--json"),
    }


def test_the_whole_way_works(behind: Behind, worked: dict[str, "subprocess.CompletedProcess[str]"]) -> None:
    failed = {name: done.stderr for name, done in worked.items() if done.returncode}
    assert not failed
    assert json.loads(worked["replay"].stdout)["sent"] == POSTS_SENT
    assert behind.pipeline.query("SELECT sum(counted_posts)::bigint FROM stream_batches") == [(POSTS_SENT,)]
    assert behind.pipeline.query("SELECT count(*) FROM posts") == [(POSTS_SENT,)]
    assert read_day(behind.settings(), DAY.date()).read_all().num_rows == POSTS_SENT
    assert len({record.key() for record in behind.pipeline.records(ALERTS)}) == 1
    assert "#burst" in worked["alerts"].stdout
    assert json.loads(worked["profiles"].stdout)["refused"] == {"cut": 1}
    assert behind.postgres_front.served > 0
    assert behind.s3_front.served > 0


def test_a_connection_is_encrypted_from_end_to_end(behind: Behind) -> None:
    with connect(behind.settings()) as connection:
        assert connection.info.ssl_in_use


@pytest.mark.parametrize("name", ["KAFKA", "POSTGRES", "LAKE"])
def test_nobody_is_trusted_who_was_signed_by_another(behind: Behind, certificates: Path, name: str) -> None:
    settings = behind.settings(**{f"GROUNDSWELL_{name}__CA_FILE": str(certificates / "other-ca.pem")})
    with pytest.raises((UnavailableError, SSLError)) as refused:
        if name == "KAFKA":
            ensure_topics(settings)
        elif name == "POSTGRES":
            connect(settings)
        else:
            s3_client(settings, attempts=1).list_buckets()
    assert "certificate" in str(refused.value).lower() or "ssl" in str(refused.value).lower()


def test_a_wrong_password_is_told_as_such(behind: Behind) -> None:
    with pytest.raises(UnavailableError, match=r"(?i)authentication|credentials"):
        ensure_topics(behind.settings(GROUNDSWELL_KAFKA__PASSWORD="wrong"))


def _write(settings: Settings, topic: Topic) -> str:
    """Write a record; return the broker's refusal, empty where it took it."""
    refusals: list[str] = []
    # Who may write nothing at all can't be idempotent either: librdkafka would give up before it asks for the topic.
    client = producer(settings, enable_idempotence=settings.kafka.user != settings.kafka.reader_user)
    name = topic.name(settings.kafka.topic_prefix)
    client.produce(name, b"{}", on_delivery=lambda error, _: refusals.append(str(error or "")))
    assert client.flush(20) == 0
    return refusals[0]


@pytest.mark.parametrize(
    ("role", "topic"),
    [("producer", ALERTS), ("ingest", POSTS), ("ingest", REPLAY_POSITIONS), ("reader", ALERTS), ("reader", POSTS)],
)
def test_nobody_writes_what_is_not_theirs(behind: Behind, role: str, topic: Topic) -> None:
    assert "AUTHORIZATION_FAILED" in _write(behind.settings(role), topic)


def test_who_may_write_can(behind: Behind) -> None:
    assert _write(behind.settings("ingest"), ALERTS) == ""


def test_a_reader_does_not_read_posts(behind: Behind) -> None:
    settings = behind.settings("reader")
    consumer = read_committed_consumer(settings, "groundswell-nosy")
    consumer.subscribe([POSTS.name(settings.kafka.topic_prefix)])
    with pytest.raises(KafkaException, match="AUTHORIZATION_FAILED"):
        while (message := consumer.poll(20)) is not None:
            if message.error():
                raise KafkaException(message.error())
    consumer.close()


def test_no_secret_is_told_in_logs_and_plans(
    behind: Behind, worked: dict[str, "subprocess.CompletedProcess[str]"]
) -> None:
    script = Path(__file__).parents[1] / "printed_plans.py"
    plans = subprocess.run(
        [sys.executable, str(script)],
        env=behind.part("ingest"),
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert plans.returncode == 0, plans.stderr
    assert "kafka" in plans.stdout.lower()
    assert "JDBCRelation" in plans.stdout
    settings = behind.pipeline.settings
    told = plans.stdout + plans.stderr + "".join(done.stdout + done.stderr for done in worked.values())
    secrets = [*SECRETS.values(), settings.lake.secret_key.get_secret_value()]
    postgres = settings.postgres
    roles = ("", "ingest_", "batch_", "collect_", "reader_")
    passwords = [getattr(postgres, f"{role}password") for role in roles]
    secrets += [password.get_secret_value() for password in passwords]
    assert [line[:400] for line in told.splitlines() if any(secret in line for secret in secrets)] == []
