"""Who may do what with the topics: logins and access control lists for the parts of the pipeline."""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import SecretStr

from groundswell.adapters.kafka import UNASSIGNED_GROUP, KafkaUnavailable, admin_options, refusal
from groundswell.contracts.topics import (
    ALERTS,
    DEAD_LETTER_FATES,
    DEAD_LETTERS,
    POSTS,
    PROFILE_REQUESTS,
    PROFILES_GROUP,
    REPLAY_POSITIONS,
    Topic,
)
from groundswell.errors import GroundswellError
from groundswell.settings import KafkaSettings, Settings
from infra.default_passwords import refuse_default_passwords
from infra.stack.addresses import parse_address

if TYPE_CHECKING:
    from kafka.admin import ACL, KafkaAdminClient

SPARK_GROUPS = "spark-kafka-source"
"""How the groups begin in which Spark reads a topic."""

_IN_FORCE_SECONDS = 30
_ASK_AGAIN_SECONDS = 0.1


@dataclass(frozen=True)
class Principal:
    """A login and what it may do; everybody may ask about every topic of the project (`DESCRIBE`).

    Attributes
    ----------
    user : str
    password : SecretStr
    reads, writes : tuple of Topic
    transactions : bool
        Whether it writes in transactions, under ids that begin as the topics do.
    groups : tuple of str
        How the consumer groups begin that it may be in.
    """

    user: str
    password: SecretStr
    reads: tuple[Topic, ...] = ()
    writes: tuple[Topic, ...] = ()
    transactions: bool = False
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Right:
    """One entry of the list: names are those of Kafka's enumerations."""

    user: str
    operation: str
    resource: str
    name: str
    pattern: str = "LITERAL"


def principals(kafka: KafkaSettings) -> tuple[Principal, ...]:
    """Return who there is beside `kafka.user`, which owns the topics."""
    kept = (DEAD_LETTERS, REPLAY_POSITIONS, DEAD_LETTER_FATES)
    return (
        Principal(
            kafka.producer_user,
            kafka.producer_password,
            (*kept, PROFILE_REQUESTS),
            (POSTS, *kept, PROFILE_REQUESTS),
            transactions=True,
            groups=(UNASSIGNED_GROUP, PROFILES_GROUP),
        ),
        Principal(kafka.ingest_user, kafka.ingest_password, (POSTS,), (ALERTS,), groups=(SPARK_GROUPS,)),
        Principal(
            kafka.reader_user,
            kafka.reader_password,
            (ALERTS, DEAD_LETTERS, DEAD_LETTER_FATES),
            groups=(UNASSIGNED_GROUP,),
        ),
    )


def rights_of(principal: Principal, topic_prefix: str) -> Iterator[Right]:
    """Yield the entries of a principal."""
    user = principal.user
    yield Right(user, "DESCRIBE", "TOPIC", topic_prefix, "PREFIXED")
    for topic in principal.reads:
        yield Right(user, "READ", "TOPIC", topic.name(topic_prefix))
    for topic in principal.writes:
        yield Right(user, "WRITE", "TOPIC", topic.name(topic_prefix))
    if principal.transactions:
        for operation in ("WRITE", "DESCRIBE"):
            yield Right(user, operation, "TRANSACTIONAL_ID", topic_prefix, "PREFIXED")
    for group in principal.groups:
        yield Right(user, "READ", "GROUP", group, "PREFIXED")


def give_topic_rights(settings: Settings) -> str:
    """Make the logins (where they are SCRAM's) and the access control lists; harmless when they are there.

    Returns when a broker goes by the lists: the controller takes them before.

    Returns
    -------
    str
        What was done.

    Raises
    ------
    KafkaUnavailable
        No broker answered.
    SettingsError
        Others can reach the broker, and a password is the default.
    GroundswellError
        The broker refused.
    """
    kafka = settings.kafka
    if not kafka.has_login:
        return "rights on topics: none, as nobody logs in to Kafka (kafka.security_protocol)"
    refuse_default_passwords(kafka, "kafka", parse_address(kafka.bootstrap_servers.split(",")[0]).host)
    from kafka.admin import KafkaAdminClient
    from kafka.errors import KafkaError

    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    everybody = principals(kafka)
    try:
        with KafkaAdminClient(**admin_options(settings)) as admin:
            if kafka.sasl_mechanism.startswith("SCRAM"):
                _make_logins(admin, kafka, everybody)
            _give(admin, [right for one in everybody for right in rights_of(one, kafka.topic_prefix)])
    except KafkaError as error:
        raise KafkaUnavailable(settings, refusal(settings) or error) from error
    return f"rights on topics: {', '.join(one.user for one in everybody)}"


def _make_logins(admin: "KafkaAdminClient", kafka: KafkaSettings, everybody: tuple[Principal, ...]) -> None:
    from kafka.admin import UserScramCredentialUpsertion

    outcomes = admin.alter_user_scram_credentials(
        [
            UserScramCredentialUpsertion(one.user, kafka.sasl_mechanism, one.password.get_secret_value())
            for one in everybody
        ]
    )
    for user, refused in outcomes.items():
        if refused:
            raise GroundswellError(f"Kafka makes no login for {user}: {refused}", "let kafka.user alter the cluster")


def _give(admin: "KafkaAdminClient", rights: list[Right]) -> None:
    from kafka.admin import ACL, ACLOperation, ACLPermissionType, ACLResourcePatternType, ResourcePattern, ResourceType

    wanted = [
        ACL(
            principal=f"User:{right.user}",
            host="*",
            operation=ACLOperation[right.operation],
            permission_type=ACLPermissionType.ALLOW,
            resource_pattern=ResourcePattern(
                ResourceType[right.resource], right.name, ACLResourcePatternType[right.pattern]
            ),
        )
        for right in rights
    ]
    for acl, refused in admin.create_acls(wanted)["failed"]:
        raise GroundswellError(
            f"Kafka takes no rights for {acl.principal}: {refused}",
            "give the broker an authorizer, see docs/SECURITY.md",
        )
    _wait_until_in_force(admin, set(wanted))


def _wait_until_in_force(admin: "KafkaAdminClient", wanted: "set[ACL]") -> None:
    deadline = time.monotonic() + _IN_FORCE_SECONDS
    while missing := wanted.difference(_in_force(admin)):
        if time.monotonic() > deadline:
            raise GroundswellError(
                f"Kafka took {len(missing)} rights that are not in force after {_IN_FORCE_SECONDS} s",
                "see whether all brokers and controllers are up, then run the command again",
            )
        time.sleep(_ASK_AGAIN_SECONDS)


def _in_force(admin: "KafkaAdminClient") -> "list[ACL]":
    from kafka.admin import (
        ACLFilter,
        ACLOperation,
        ACLPermissionType,
        ACLResourcePatternType,
        ResourcePatternFilter,
        ResourceType,
    )

    everything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    found, _ = admin.describe_acls(ACLFilter(None, None, ACLOperation.ANY, ACLPermissionType.ANY, everything))
    return list(found)
