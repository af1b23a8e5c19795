-- The stream adds what a batch counted, bucket by bucket, and changes no row: a row per keyword costs more.
-- depends: 0007_detector

CREATE TABLE live_increments (
    bucket_start timestamptz NOT NULL,
    keywords     text[] NOT NULL,
    posts        integer[] NOT NULL CHECK (cardinality(posts) = cardinality(keywords))
);
INSERT INTO live_increments
    SELECT bucket_start, array_agg(keyword), array_agg(posts) FROM live_counts GROUP BY bucket_start;
DROP TABLE live_counts;
COMMENT ON TABLE live_increments IS 'What each micro-batch added to live_counts, one row per bucket';
COMMENT ON COLUMN live_increments.bucket_start IS 'Start of the 5 minutes, UTC';
COMMENT ON COLUMN live_increments.keywords IS 'Normal form; hashtags and challenges have a leading #; empty for the whole platform';
COMMENT ON COLUMN live_increments.posts IS 'Posts that mention each of the keywords';

CREATE VIEW live_counts AS
    SELECT keyword, bucket_start, sum(counted)::integer AS posts
    FROM live_increments, unnest(keywords, posts) AS added (keyword, counted)
    GROUP BY keyword, bucket_start;
COMMENT ON VIEW live_counts IS 'Posts per keyword and 5 minutes as the stream counts them; kept for some hours, then keyword_counts has them';
COMMENT ON COLUMN live_counts.keyword IS 'Normal form; hashtags and challenges have a leading #; empty for the whole platform';
COMMENT ON COLUMN live_counts.bucket_start IS 'Start of the 5 minutes, UTC';
COMMENT ON COLUMN live_counts.posts IS 'Posts that mention the keyword';
