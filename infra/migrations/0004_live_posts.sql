-- What the stream counted last, batch by batch, and the posts behind the newest counts.
-- depends: 0003_alerts

CREATE TABLE stream_batches (
    query_id      text NOT NULL,
    batch_id      bigint NOT NULL,
    stream_time   timestamptz NOT NULL,
    counted_posts bigint NOT NULL CHECK (counted_posts >= 0),
    known_posts   bigint NOT NULL CHECK (known_posts >= 0),
    late_posts    bigint NOT NULL CHECK (late_posts >= 0),
    written_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (query_id, batch_id)
);
COMMENT ON TABLE stream_batches IS 'Micro-batches that live_counts and live_posts hold, so that one worked through twice is added once; kept as long as live counts';
COMMENT ON COLUMN stream_batches.query_id IS 'Spark''s id of the query, which lives as long as its checkpoint';
COMMENT ON COLUMN stream_batches.batch_id IS 'Number of the micro-batch';
COMMENT ON COLUMN stream_batches.stream_time IS 'How far the topic was read for sure: newest post of the partition furthest behind; never falls';
COMMENT ON COLUMN stream_batches.counted_posts IS 'Posts added to live_counts';
COMMENT ON COLUMN stream_batches.known_posts IS 'Posts left out because posts has an earlier sight of them';
COMMENT ON COLUMN stream_batches.late_posts IS 'Posts left out because their 5 minutes were over for longer than stream.lateness_minutes; the night counts them';
COMMENT ON COLUMN stream_batches.written_at IS 'When it was worked through';

-- Unlogged: a crash of the server empties it, and the stream fills it again within the hours that it is kept.
CREATE UNLOGGED TABLE live_posts (
    post_id          text NOT NULL,
    seen_at          timestamptz NOT NULL,
    author_id        text,
    author_name      text,
    text             text NOT NULL,
    text_fingerprint bigint NOT NULL,
    engagement       bigint NOT NULL,
    keywords         text[] NOT NULL
);
CREATE INDEX live_posts_seen_at ON live_posts USING brin (seen_at) WITH (pages_per_range = 32, autosummarize = on);
COMMENT ON TABLE live_posts IS 'The newest posts that the stream counted: the evidence of alerts; kept for stream.evidence_hours, then posts has them. Empty after a crash of the server';
COMMENT ON COLUMN live_posts.post_id IS 'TikTok''s id of the post';
COMMENT ON COLUMN live_posts.seen_at IS 'Stream time at which it was first seen';
COMMENT ON COLUMN live_posts.author_id IS 'Id of the author; NULL where the record does not tell';
COMMENT ON COLUMN live_posts.author_name IS 'Handle, as in tiktok.com/@handle; NULL where the record does not tell';
COMMENT ON COLUMN live_posts.text IS 'First 500 characters of the caption';
COMMENT ON COLUMN live_posts.text_fingerprint IS 'The same for copies of a text, whatever hashtags, mentions, addresses and numbers they carry';
COMMENT ON COLUMN live_posts.engagement IS 'Likes + comments + shares when first seen';
COMMENT ON COLUMN live_posts.keywords IS 'Keywords as in live_counts, the empty one of the platform too; stopwords are still among them';
