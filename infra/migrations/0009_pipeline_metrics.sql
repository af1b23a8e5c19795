-- How the pipeline does: written by the queries and the nightly jobs, read by `groundswell status`.
-- depends: 0008_live_increments

CREATE TABLE pipeline_metrics (
    component   text NOT NULL,
    metric      text NOT NULL,
    value       double precision NOT NULL,
    measured_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (component, metric)
);
COMMENT ON TABLE pipeline_metrics IS 'The newest value of each metric of each part of the pipeline';
COMMENT ON COLUMN pipeline_metrics.component IS 'A streaming query, or a job of the nightly batch';
COMMENT ON COLUMN pipeline_metrics.metric IS 'Its unit is in the name; times are epoch seconds';
COMMENT ON COLUMN pipeline_metrics.value IS 'The value';
COMMENT ON COLUMN pipeline_metrics.measured_at IS 'When it was measured';

-- The pipeline itself may be the news: a feed that stopped, statistics too old, a night that failed.
ALTER TABLE alerts
    DROP CONSTRAINT alerts_kind_check,
    ADD CONSTRAINT alerts_kind_check CHECK (kind IN ('hashtag', 'word', 'phrase', 'platform', 'health')),
    DROP CONSTRAINT alerts_mode_check,
    ADD CONSTRAINT alerts_mode_check CHECK (mode IN ('watchlist', 'discovery', 'platform', 'health'));
