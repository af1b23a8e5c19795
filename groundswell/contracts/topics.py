"""Kafka topics and record headers, declared once."""

from dataclasses import dataclass, field

CONTRACT_VERSION = 1

HEADER_SOURCE = "source"
HEADER_LINE_NUMBER = "line_number"
HEADER_CONTRACT_VERSION = "contract_version"
HEADER_REASON = "reason"
HEADER_DETAIL = "detail"
HEADER_ORIGINAL_BYTES = "original_bytes"

MAXIMUM_RECORD_BYTES = 1_000_000


@dataclass(frozen=True)
class Topic:
    """A topic's name (version in the name), its partitions and its broker-side options.

    `partitions` of 0 stands for the number set in the settings. Of a topic that is `kept_by_size` the settings say how
    much a partition keeps.
    """

    base_name: str
    partitions: int
    config: dict[str, str] = field(default_factory=dict)
    kept_by_size: bool = False

    def name(self, prefix: str) -> str:
        """Return the full name.

        >>> POSTS.name("groundswell.")
        'groundswell.posts_v1'
        """
        return prefix + self.base_name


# time_stamp is the record's timestamp and may lie years back: the broker must neither refuse nor expire such a record,
# so retention is by size, not by time.
_NO_LIMIT_MS = str(2**63 - 1)
_KEEP = {
    "retention.ms": "-1",
    "message.timestamp.type": "CreateTime",
    "message.timestamp.before.max.ms": _NO_LIMIT_MS,
    "message.timestamp.after.max.ms": _NO_LIMIT_MS,
    "max.message.bytes": "2097152",
}

POSTS = Topic("posts_v1", 0, {**_KEEP}, kept_by_size=True)
"""Raw posts: the original JSON bytes with `time_stamp` spliced in; key is the post id."""

ALERTS = Topic("alerts_v1", 1, {**_KEEP})
"""Alert episodes as JSON; key is the alert id, the last record of a key is its newest state."""

DEAD_LETTERS = Topic("dead_letters_v1", 1, {**_KEEP})
"""Lines that are no post: the original bytes (the first MAXIMUM_RECORD_BYTES), with reason and length in headers."""

REPLAY_POSITIONS = Topic("replay_positions_v1", 1, {"cleanup.policy": "compact"})
"""How far each source file was replayed, written in the transaction of the records it speaks of."""

DEAD_LETTER_FATES = Topic("dead_letter_fates_v1", 1, {"cleanup.policy": "compact"})
"""What became of a dead letter that was tried again; key is its place, PARTITION:OFFSET."""

PROFILE_REQUESTS = Topic("tiktok.profile_requests_v1", 1, {"retention.ms": "604800000"})
"""Profiles to be fetched: a page's address or @name as UTF-8 text; key is the user name where it is known."""

PROFILES_GROUP = "groundswell-profiles"
"""Consumer group of what meets the profile requests."""

PROFILE_REQUESTS_SOURCE = "profile_requests"
"""Source, in a dead letter's headers, of a request that couldn't be met."""

ALL_TOPICS = (POSTS, ALERTS, DEAD_LETTERS, REPLAY_POSITIONS, DEAD_LETTER_FATES, PROFILE_REQUESTS)
