-- The newest batches as Spark gave them: what isn't counted yet, and the posts behind the newest counts.
-- depends: 0010_collected

CREATE TABLE stream_kept_batches (
    query_id      text NOT NULL,
    batch_id      bigint NOT NULL,
    part          integer NOT NULL,
    first_seen_at timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL,
    posts         bytea NOT NULL,
    kept_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (query_id, batch_id, part)
);
CREATE INDEX stream_kept_batches_seen_at ON stream_kept_batches (last_seen_at, first_seen_at);
-- It is compressed already.
ALTER TABLE stream_kept_batches ALTER COLUMN posts SET STORAGE EXTERNAL;
COMMENT ON TABLE stream_kept_batches IS 'The newest micro-batches that Spark has read: those newer than any in stream_batches are counted next, the others are the evidence of alerts; kept for stream.evidence_hours, then posts has them';
COMMENT ON COLUMN stream_kept_batches.query_id IS 'Spark''s id of the query, which lives as long as its checkpoint';
COMMENT ON COLUMN stream_kept_batches.batch_id IS 'Number of the micro-batch';
COMMENT ON COLUMN stream_kept_batches.part IS 'Number of the part: a batch is cut by stream time';
COMMENT ON COLUMN stream_kept_batches.first_seen_at IS 'No post of the part was seen earlier, in stream time';
COMMENT ON COLUMN stream_kept_batches.last_seen_at IS 'No post of the part was seen later, in stream time';
COMMENT ON COLUMN stream_kept_batches.posts IS 'Posts as the stream goes on with them, in Arrow''s format; once counted, those that were counted';
COMMENT ON COLUMN stream_kept_batches.kept_at IS 'When it was read';

-- The stream has the posts of each batch anyway: as rows they took longer, for the few that an alert shows.
DROP TABLE live_posts;
COMMENT ON TABLE stream_batches IS 'Micro-batches that live_counts holds, so that one worked through twice is added once; kept as long as live counts';
