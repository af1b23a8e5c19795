"""Tables in Postgres as their writers see them: column names and types, each declared once.

The migrations make the tables; `tests/integration/test_migrations.py` holds both against each other.
Generated and defaulted columns that no job writes aren't listed.
"""

from dataclasses import dataclass

# Short names below -> as Postgres' format_type spells them.
_TYPES = {"timestamptz": "timestamp with time zone", "double": "double precision"}


@dataclass(frozen=True)
class Column:
    """A column and its Postgres type, as `format_type` spells it."""

    name: str
    type: str


@dataclass(frozen=True)
class Table:
    """A table's name, its columns in the order of COPY, and the columns of its primary key."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names in the order of COPY.

        >>> WATCHLIST.column_names
        ('keyword', 'note')
        """
        return tuple(column.name for column in self.columns)


def _table(name: str, key: str, columns: str) -> Table:
    pairs = (column.split() for column in columns.split(","))
    return Table(name, tuple(Column(column, _TYPES.get(kind, kind)) for column, kind in pairs), tuple(key.split()))


POSTS = _table(
    "posts",
    "post_id",
    "post_id text, form text, text text, author_id text, music_id text, created_at timestamptz, "
    "first_seen_at timestamptz, last_seen_at timestamptz, digg_count bigint, comment_count bigint, "
    "share_count bigint, play_count bigint, duration_seconds double, hashtags text[]",
)
AUTHORS = _table(
    "authors",
    "author_id",
    "author_id text, unique_name text, nickname text, signature text, is_verified boolean, "
    "follower_count bigint, following_count bigint, first_seen_at timestamptz, last_seen_at timestamptz",
)
MUSIC = _table(
    "music",
    "music_id",
    "music_id text, title text, author_name text, is_original boolean, first_seen_at timestamptz, "
    "last_seen_at timestamptz",
)
CHALLENGES = _table(
    "challenges",
    "challenge_id",
    "challenge_id text, challenge_name text, first_seen_at timestamptz, last_seen_at timestamptz",
)
HASHTAGS = _table(
    "hashtags",
    "hashtag",
    "hashtag text, first_seen_at timestamptz, last_seen_at timestamptz",
)
POST_HASHTAGS = _table(
    "post_hashtags",
    "hashtag post_id",
    "post_id text, hashtag text, day date",
)
POST_CHALLENGES = _table(
    "post_challenges",
    "challenge_id post_id",
    "post_id text, challenge_id text, day date",
)
POST_METRICS = _table(
    "post_metrics",
    "post_id seen_at",
    "post_id text, seen_at timestamptz, digg_count bigint, comment_count bigint, share_count bigint, play_count bigint",
)
KEYWORD_COUNTS = _table(
    "keyword_counts",
    "keyword bucket_start",
    "day date, keyword text, bucket_start timestamptz, posts integer, authors integer",
)
PLATFORM_COUNTS = _table(
    "platform_counts",
    "bucket_start",
    "bucket_start timestamptz, day date, posts integer, authors integer",
)
KEYWORD_STATISTICS = _table(
    "keyword_statistics",
    "",
    "version integer, keyword text, level real, dispersion_hour real, dispersion_six_hours real, profile real[], "
    "document_frequency real, posts bigint, history_hours integer, newcomer_peak integer",
)
LIVE_INCREMENTS = _table(
    "live_increments",
    "",
    "bucket_start timestamptz, keywords text[], posts integer[]",
)
STREAM_BATCHES = _table(
    "stream_batches",
    "query_id batch_id",
    "query_id text, batch_id bigint, stream_time timestamptz, counted_posts bigint, known_posts bigint, "
    "late_posts bigint",
)
STREAM_KEPT_BATCHES = _table(
    "stream_kept_batches",
    "query_id batch_id part",
    "query_id text, batch_id bigint, part integer, first_seen_at timestamptz, last_seen_at timestamptz, posts bytea",
)
ALERTS = _table(
    "alerts",
    "alert_id",
    "alert_id text, keyword text, kind text, mode text, direction text, state text, "
    "window_start timestamptz, window_end timestamptz, observed double, expected double, lower double, "
    "upper double, score double, peak_score double, severity text, statistics_version integer, "
    "opened_at timestamptz, updated_at timestamptz, closed_at timestamptz, evidence jsonb, "
    "p_value double, q_value double, authors integer",
)
WATCHLIST = _table(
    "watchlist",
    "keyword",
    "keyword text, note text",
)
PHRASE_PROPOSALS = _table(
    "phrase_proposals",
    "day phrase",
    "day date, phrase text, posts integer, authors integer, score double, rank integer",
)
SUPPRESSION_WINDOWS = _table(
    "suppression_windows",
    "id",
    "id integer, keyword text, starts_at timestamptz, ends_at timestamptz, note text",
)
ALERT_DISMISSALS = _table(
    "alert_dismissals",
    "alert_id",
    "alert_id text, keyword text, starts_at timestamptz, ends_at timestamptz, note text",
)

PIPELINE_METRICS = _table(
    "pipeline_metrics",
    "component metric",
    "component text, metric text, value double, measured_at timestamptz",
)

PROFILES = _table(
    "profiles",
    "user_name",
    "user_name text, user_id text, sec_uid text, nickname text, signature text, is_verified boolean, "
    "is_private boolean, follower_count bigint, following_count bigint, heart_count bigint, post_count bigint, "
    "first_seen_at timestamptz, seen_at timestamptz, raw_key text, content_digest text",
)
PROFILE_COUNTS = _table(
    "profile_counts",
    "user_name seen_at",
    "user_name text, seen_at timestamptz, follower_count bigint, following_count bigint, heart_count bigint, "
    "post_count bigint",
)
POST_COMMENTS = _table(
    "post_comments",
    "comment_id",
    "comment_id text, post_id text, author_id text, author_name text, text text, created_at timestamptz, "
    "digg_count bigint, reply_count bigint, language text, first_seen_at timestamptz, seen_at timestamptz",
)

ALL_TABLES = (
    POSTS,
    AUTHORS,
    MUSIC,
    CHALLENGES,
    HASHTAGS,
    POST_HASHTAGS,
    POST_CHALLENGES,
    POST_METRICS,
    KEYWORD_COUNTS,
    PLATFORM_COUNTS,
    KEYWORD_STATISTICS,
    LIVE_INCREMENTS,
    STREAM_BATCHES,
    STREAM_KEPT_BATCHES,
    PIPELINE_METRICS,
    ALERTS,
    WATCHLIST,
    PHRASE_PROPOSALS,
    SUPPRESSION_WINDOWS,
    ALERT_DISMISSALS,
    PROFILES,
    PROFILE_COUNTS,
    POST_COMMENTS,
)
