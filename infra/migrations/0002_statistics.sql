-- Keyword counts and the statistics made of them.
-- depends: 0001_posts

CREATE TABLE keyword_counts (
    day          date NOT NULL,
    keyword      text NOT NULL,
    bucket_start timestamptz NOT NULL,
    posts        integer NOT NULL CHECK (posts > 0),
    authors      integer NOT NULL CHECK (authors > 0),
    PRIMARY KEY (keyword, bucket_start)
);
CREATE INDEX keyword_counts_day ON keyword_counts (day);
COMMENT ON TABLE keyword_counts IS 'Posts per keyword and 5 minutes; a post counts once, when it was first seen. Stopwords and keywords with hardly a post that day are left out';
COMMENT ON COLUMN keyword_counts.day IS 'UTC day of bucket_start';
COMMENT ON COLUMN keyword_counts.keyword IS 'Normal form; hashtags and challenges have a leading #';
COMMENT ON COLUMN keyword_counts.bucket_start IS 'Start of the 5 minutes, UTC';
COMMENT ON COLUMN keyword_counts.posts IS 'Posts first seen in the 5 minutes that mention the keyword';
COMMENT ON COLUMN keyword_counts.authors IS 'Different authors of those posts';

CREATE TABLE platform_counts (
    bucket_start timestamptz PRIMARY KEY,
    day          date NOT NULL,
    posts        integer NOT NULL CHECK (posts > 0),
    authors      integer NOT NULL CHECK (authors >= 0)
);
CREATE INDEX platform_counts_day ON platform_counts (day);
COMMENT ON TABLE platform_counts IS 'Posts of the whole platform per 5 minutes; an hour without a row is an outage, not zero';
COMMENT ON COLUMN platform_counts.bucket_start IS 'Start of the 5 minutes, UTC';
COMMENT ON COLUMN platform_counts.day IS 'UTC day of bucket_start';
COMMENT ON COLUMN platform_counts.posts IS 'Posts first seen in the 5 minutes';
COMMENT ON COLUMN platform_counts.authors IS 'Different authors of those posts';

CREATE TABLE statistics_versions (
    version         serial PRIMARY KEY,
    as_of           timestamptz NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('full', 'light')),
    created_at      timestamptz NOT NULL DEFAULT now(),
    keywords        bigint NOT NULL,
    observed_hours  integer NOT NULL,
    unseen_level    real NOT NULL,
    platform_level  real NOT NULL,
    platform_scale  real NOT NULL,
    pooled_profile  real[] NOT NULL CHECK (cardinality(pooled_profile) = 168)
);
COMMENT ON TABLE statistics_versions IS 'Versions of the keyword statistics; current_statistics says which one is in force';
COMMENT ON COLUMN statistics_versions.version IS 'Number of the version';
COMMENT ON COLUMN statistics_versions.as_of IS 'Only counts before this time were used';
COMMENT ON COLUMN statistics_versions.kind IS 'full: shapes, level and scale; light: shapes kept, level and scale refreshed';
COMMENT ON COLUMN statistics_versions.created_at IS 'When it was computed';
COMMENT ON COLUMN statistics_versions.keywords IS 'Keywords in it';
COMMENT ON COLUMN statistics_versions.observed_hours IS 'Hours of history in which the platform had posts';
COMMENT ON COLUMN statistics_versions.unseen_level IS 'Posts per hour a keyword without a row may be expected at; no level is below it';
COMMENT ON COLUMN statistics_versions.platform_level IS 'Expected posts per hour of the whole platform, mean over the week';
COMMENT ON COLUMN statistics_versions.platform_scale IS 'Scale of the whole platform''s counts, as keyword_statistics.scale';
COMMENT ON COLUMN statistics_versions.pooled_profile IS 'Shape of the platform''s week: factor per hour of week (1st = Monday 00:00 UTC), mean 1; used where profile is NULL';

CREATE TABLE keyword_statistics (
    version            integer NOT NULL,
    keyword            text NOT NULL,
    level              real NOT NULL CHECK (level >= 0),
    scale              real NOT NULL CHECK (scale > 0),
    profile            real[] CHECK (cardinality(profile) = 168),
    document_frequency real NOT NULL,
    posts              bigint NOT NULL,
    history_hours      integer NOT NULL
) PARTITION BY LIST (version);
CREATE INDEX keyword_statistics_keyword ON keyword_statistics (keyword);
COMMENT ON TABLE keyword_statistics IS 'What is normal for a keyword: expected posts per hour = level * profile[hour of week]';
COMMENT ON COLUMN keyword_statistics.version IS 'Version, see statistics_versions';
COMMENT ON COLUMN keyword_statistics.keyword IS 'Normal form; hashtags and challenges have a leading #';
COMMENT ON COLUMN keyword_statistics.level IS 'Expected posts per hour, mean over the week';
COMMENT ON COLUMN keyword_statistics.scale IS 'Robust standard deviation of sqrt(count + 3/8) - sqrt(expected + 3/8) over trailing hours; 0.5 for a Poisson count';
COMMENT ON COLUMN keyword_statistics.profile IS 'Factor per hour of week (1st = Monday 00:00 UTC), mean 1; NULL: too few posts, use pooled_profile';
COMMENT ON COLUMN keyword_statistics.document_frequency IS 'Share of the platform''s posts in the history that mention the keyword';
COMMENT ON COLUMN keyword_statistics.posts IS 'Posts in the history';
COMMENT ON COLUMN keyword_statistics.history_hours IS 'Hours from the keyword''s first post in the history to as_of';

CREATE TABLE current_statistics (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version  integer NOT NULL REFERENCES statistics_versions (version)
);
COMMENT ON TABLE current_statistics IS 'One row: the version of the statistics in force';
COMMENT ON COLUMN current_statistics.only_row IS 'Always true: there is one row';
COMMENT ON COLUMN current_statistics.version IS 'The version in force';

CREATE VIEW current_keyword_statistics AS
SELECT s.* FROM keyword_statistics s JOIN current_statistics c USING (version);
COMMENT ON VIEW current_keyword_statistics IS 'keyword_statistics of the version in force';
COMMENT ON COLUMN current_keyword_statistics.version IS 'The version in force';
COMMENT ON COLUMN current_keyword_statistics.keyword IS 'Normal form; hashtags and challenges have a leading #';
COMMENT ON COLUMN current_keyword_statistics.level IS 'Expected posts per hour, mean over the week';
COMMENT ON COLUMN current_keyword_statistics.scale IS 'Robust standard deviation, see keyword_statistics.scale';
COMMENT ON COLUMN current_keyword_statistics.profile IS 'Factor per hour of week; NULL: use pooled_profile';
COMMENT ON COLUMN current_keyword_statistics.document_frequency IS 'Share of the platform''s posts that mention the keyword';
COMMENT ON COLUMN current_keyword_statistics.posts IS 'Posts in the history';
COMMENT ON COLUMN current_keyword_statistics.history_hours IS 'Hours since the keyword''s first post in the history';
