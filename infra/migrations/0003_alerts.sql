-- What the stream writes: alerts and live counts; and what people watch.
-- depends: 0002_statistics

CREATE TABLE watchlist (
    keyword  text PRIMARY KEY,
    added_at timestamptz NOT NULL DEFAULT now(),
    note     text NOT NULL DEFAULT ''
);
COMMENT ON TABLE watchlist IS 'Keywords a team cares for: judged more sensitively, kept even when rare';
COMMENT ON COLUMN watchlist.keyword IS 'Normal form; hashtags and challenges have a leading #';
COMMENT ON COLUMN watchlist.added_at IS 'When it was added';
COMMENT ON COLUMN watchlist.note IS 'Why, or for whom';

CREATE TABLE alerts (
    alert_id           text PRIMARY KEY,
    keyword            text NOT NULL,
    kind               text NOT NULL CHECK (kind IN ('hashtag', 'word', 'phrase', 'platform')),
    mode               text NOT NULL CHECK (mode IN ('watchlist', 'discovery')),
    direction          text NOT NULL CHECK (direction IN ('rise', 'drop')),
    state              text NOT NULL CHECK (state IN ('opened', 'updated', 'closed')),
    window_start       timestamptz NOT NULL,
    window_end         timestamptz NOT NULL,
    observed           double precision NOT NULL,
    expected           double precision NOT NULL,
    lower              double precision NOT NULL,
    upper              double precision NOT NULL,
    score              double precision NOT NULL,
    peak_score         double precision NOT NULL,
    severity           text NOT NULL,
    statistics_version integer NOT NULL,
    opened_at          timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    closed_at          timestamptz,
    evidence           jsonb NOT NULL DEFAULT '[]'
);
CREATE INDEX alerts_keyword ON alerts (keyword, opened_at);
CREATE INDEX alerts_open ON alerts (updated_at) WHERE state <> 'closed';
CREATE INDEX alerts_opened_at ON alerts (opened_at);
COMMENT ON TABLE alerts IS 'Alert episodes in their newest state; the same as the alerts topic';
COMMENT ON COLUMN alerts.alert_id IS 'Deterministic id of the episode';
COMMENT ON COLUMN alerts.keyword IS 'What is talked about; empty for the whole platform';
COMMENT ON COLUMN alerts.kind IS 'hashtag, word, phrase or platform';
COMMENT ON COLUMN alerts.mode IS 'watchlist: someone asked for it; discovery: found among all keywords';
COMMENT ON COLUMN alerts.direction IS 'rise or drop';
COMMENT ON COLUMN alerts.state IS 'opened, updated or closed';
COMMENT ON COLUMN alerts.window_start IS 'Start of the hour that was judged last';
COMMENT ON COLUMN alerts.window_end IS 'End of the hour that was judged last';
COMMENT ON COLUMN alerts.observed IS 'Posts in the window';
COMMENT ON COLUMN alerts.expected IS 'Posts expected in the window';
COMMENT ON COLUMN alerts.lower IS 'Fewer posts than this are a drop';
COMMENT ON COLUMN alerts.upper IS 'More posts than this are a rise';
COMMENT ON COLUMN alerts.score IS 'Above 1 is anomalous';
COMMENT ON COLUMN alerts.peak_score IS 'Highest score of the episode so far';
COMMENT ON COLUMN alerts.severity IS 'Severity in words, by peak_score';
COMMENT ON COLUMN alerts.statistics_version IS 'Version of the statistics it was judged by';
COMMENT ON COLUMN alerts.opened_at IS 'Stream time at which the episode was opened';
COMMENT ON COLUMN alerts.updated_at IS 'Stream time of the newest state';
COMMENT ON COLUMN alerts.closed_at IS 'Stream time at which the episode was closed; NULL while it lasts';
COMMENT ON COLUMN alerts.evidence IS 'Posts behind it with the most engagement, as JSON';

CREATE TABLE live_counts (
    keyword      text NOT NULL,
    bucket_start timestamptz NOT NULL,
    posts        integer NOT NULL CHECK (posts >= 0),
    PRIMARY KEY (keyword, bucket_start)
);
CREATE INDEX live_counts_bucket_start ON live_counts (bucket_start);
COMMENT ON TABLE live_counts IS 'Posts per keyword and 5 minutes as the stream counts them; kept for some hours, then keyword_counts has them';
COMMENT ON COLUMN live_counts.keyword IS 'Normal form; hashtags and challenges have a leading #; empty for the whole platform';
COMMENT ON COLUMN live_counts.bucket_start IS 'Start of the 5 minutes, UTC';
COMMENT ON COLUMN live_counts.posts IS 'Posts that mention the keyword';
