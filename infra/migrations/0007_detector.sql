-- Statistics by the seasonal detector. Older versions say nothing to it: recompute the statistics after this migration.
-- depends: 0002_statistics 0003_alerts 0006_known_events

DROP TABLE keyword_statistics CASCADE;
DELETE FROM current_statistics;
DELETE FROM statistics_versions;

ALTER TABLE statistics_versions
    DROP COLUMN platform_scale,
    ADD COLUMN platform_dispersion_hour real NOT NULL CHECK (platform_dispersion_hour >= 1),
    ADD COLUMN platform_dispersion_six_hours real NOT NULL CHECK (platform_dispersion_six_hours >= 1),
    ADD COLUMN newcomers_per_day real NOT NULL CHECK (newcomers_per_day > 0),
    ADD COLUMN newcomer_tail real NOT NULL CHECK (newcomer_tail > 0);
COMMENT ON COLUMN statistics_versions.kind IS 'full: everything; light: profiles kept, level and dispersion refreshed';
COMMENT ON COLUMN statistics_versions.platform_dispersion_hour IS 'Variance / mean of the whole platform''s posts in an hour around what was expected, 1 or more';
COMMENT ON COLUMN statistics_versions.platform_dispersion_six_hours IS 'The same for six hours';
COMMENT ON COLUMN statistics_versions.newcomers_per_day IS 'New keywords per day that reach 4 posts in an hour of their first day';
COMMENT ON COLUMN statistics_versions.newcomer_tail IS 'Exponent of the power law of new keywords'' busiest hours: the larger, the rarer are large ones';

CREATE TABLE keyword_statistics (
    version              integer NOT NULL,
    keyword              text NOT NULL,
    level                real NOT NULL CHECK (level >= 0),
    dispersion_hour      real NOT NULL CHECK (dispersion_hour >= 1),
    dispersion_six_hours real NOT NULL CHECK (dispersion_six_hours >= 1),
    profile              real[] CHECK (cardinality(profile) = 168),
    document_frequency   real NOT NULL,
    posts                bigint NOT NULL,
    history_hours        integer NOT NULL,
    newcomer_peak        integer
) PARTITION BY LIST (version);
CREATE INDEX keyword_statistics_keyword ON keyword_statistics (keyword);
COMMENT ON TABLE keyword_statistics IS 'What is normal for a keyword: expected posts per hour = level * profile[hour of week] * exposure, the platform''s volume relative to its own expectation';
COMMENT ON COLUMN keyword_statistics.version IS 'Version, see statistics_versions';
COMMENT ON COLUMN keyword_statistics.keyword IS 'Normal form; hashtags and challenges have a leading #';
COMMENT ON COLUMN keyword_statistics.level IS 'Expected posts per hour, mean over the week';
COMMENT ON COLUMN keyword_statistics.dispersion_hour IS 'Variance / mean of the posts in an hour around what was expected, 1 (Poisson) or more';
COMMENT ON COLUMN keyword_statistics.dispersion_six_hours IS 'The same for six hours';
COMMENT ON COLUMN keyword_statistics.profile IS 'Factor per hour of week (1st = Monday 00:00 UTC), mean 1; NULL: too few posts, use pooled_profile';
COMMENT ON COLUMN keyword_statistics.document_frequency IS 'Share of the platform''s posts in the history that mention the keyword';
COMMENT ON COLUMN keyword_statistics.posts IS 'Posts in the history';
COMMENT ON COLUMN keyword_statistics.history_hours IS 'Hours from the keyword''s first post in the history to as_of';
COMMENT ON COLUMN keyword_statistics.newcomer_peak IS 'Posts in the busiest hour of the first day of a keyword that turned up within the history; NULL: older';

CREATE VIEW current_keyword_statistics AS
SELECT s.* FROM keyword_statistics s JOIN current_statistics c USING (version);
COMMENT ON VIEW current_keyword_statistics IS 'keyword_statistics of the version in force';
COMMENT ON COLUMN current_keyword_statistics.version IS 'The version in force';
COMMENT ON COLUMN current_keyword_statistics.keyword IS 'Normal form; hashtags and challenges have a leading #';
COMMENT ON COLUMN current_keyword_statistics.level IS 'Expected posts per hour, mean over the week';
COMMENT ON COLUMN current_keyword_statistics.dispersion_hour IS 'Variance / mean of the posts in an hour, see keyword_statistics';
COMMENT ON COLUMN current_keyword_statistics.dispersion_six_hours IS 'The same for six hours';
COMMENT ON COLUMN current_keyword_statistics.profile IS 'Factor per hour of week; NULL: use pooled_profile';
COMMENT ON COLUMN current_keyword_statistics.document_frequency IS 'Share of the platform''s posts that mention the keyword';
COMMENT ON COLUMN current_keyword_statistics.posts IS 'Posts in the history';
COMMENT ON COLUMN current_keyword_statistics.history_hours IS 'Hours since the keyword''s first post in the history';
COMMENT ON COLUMN current_keyword_statistics.newcomer_peak IS 'Posts in the busiest hour of a new keyword''s first day; NULL: not new';

ALTER TABLE alerts
    DROP CONSTRAINT alerts_mode_check,
    ADD CONSTRAINT alerts_mode_check CHECK (mode IN ('watchlist', 'discovery', 'platform')),
    ADD COLUMN p_value double precision CHECK (p_value BETWEEN 0 AND 1),
    ADD COLUMN q_value double precision CHECK (q_value BETWEEN 0 AND 1),
    ADD COLUMN authors integer CHECK (authors >= 0);
COMMENT ON COLUMN alerts.mode IS 'watchlist: someone asked for it; discovery: found among all keywords; platform: the volume as a whole';
COMMENT ON COLUMN alerts.p_value IS 'How probable counts as far off are by chance, for one look at one keyword';
COMMENT ON COLUMN alerts.q_value IS 'Discovery: share of false alerts if all as improbable as this rang; NULL: not discovery';
COMMENT ON COLUMN alerts.authors IS 'Different authors of the posts in the hour with the highest score; NULL: not known any more';
COMMENT ON COLUMN alerts.evidence IS 'The posts of the hour with the highest score that had most engagement, as JSON';
