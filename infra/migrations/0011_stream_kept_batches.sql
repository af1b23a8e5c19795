-- What Spark has read and the stream hasn't counted yet: it counts a batch while Spark reads the next one.
-- depends: 0010_collected

CREATE TABLE stream_kept_batches (
    query_id text NOT NULL,
    batch_id bigint NOT NULL,
    part     integer NOT NULL,
    posts    bytea NOT NULL,
    kept_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (query_id, batch_id, part)
);
-- It is compressed already.
ALTER TABLE stream_kept_batches ALTER COLUMN posts SET STORAGE EXTERNAL;
COMMENT ON TABLE stream_kept_batches IS 'Micro-batches that Spark has read and that are not counted yet: a stream that starts again begins with them. Mostly one or none';
COMMENT ON COLUMN stream_kept_batches.query_id IS 'Spark''s id of the query, which lives as long as its checkpoint';
COMMENT ON COLUMN stream_kept_batches.batch_id IS 'Number of the micro-batch';
COMMENT ON COLUMN stream_kept_batches.part IS 'Large batches come in parts';
COMMENT ON COLUMN stream_kept_batches.posts IS 'Posts as the stream goes on with them, in Arrow''s format';
COMMENT ON COLUMN stream_kept_batches.kept_at IS 'When it was read';
