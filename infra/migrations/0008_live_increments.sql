-- The stream adds what a batch counted and changes no row: without an index by keyword that costs a fifth.
-- depends: 0007_detector

ALTER TABLE live_counts RENAME TO live_increments;
ALTER TABLE live_increments DROP CONSTRAINT live_counts_pkey;
DROP INDEX live_counts_bucket_start;
CREATE INDEX live_increments_bucket_start ON live_increments
    USING brin (bucket_start) WITH (pages_per_range = 32, autosummarize = on);
COMMENT ON TABLE live_increments IS 'What each micro-batch added to live_counts: a keyword and bucket may have several rows';

CREATE VIEW live_counts AS
    SELECT keyword, bucket_start, sum(posts)::integer AS posts FROM live_increments GROUP BY keyword, bucket_start;
COMMENT ON VIEW live_counts IS 'Posts per keyword and 5 minutes as the stream counts them; kept for some hours, then keyword_counts has them';
COMMENT ON COLUMN live_counts.keyword IS 'Normal form; hashtags and challenges have a leading #; empty for the whole platform';
COMMENT ON COLUMN live_counts.bucket_start IS 'Start of the 5 minutes, UTC';
COMMENT ON COLUMN live_counts.posts IS 'Posts that mention the keyword';
