-- What people tell the detector: known events, and alerts that were none.
-- depends: 0003_alerts

CREATE TABLE suppression_windows (
    id         serial PRIMARY KEY,
    keyword    text,
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    note       text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (starts_at < ends_at)
);
COMMENT ON TABLE suppression_windows IS 'Known events (a holiday, a launch): no alerts while they last, and their hours teach the baseline nothing';
COMMENT ON COLUMN suppression_windows.id IS 'Number to remove it by';
COMMENT ON COLUMN suppression_windows.keyword IS 'Normal form; NULL: every keyword and the platform';
COMMENT ON COLUMN suppression_windows.starts_at IS 'First moment of the event';
COMMENT ON COLUMN suppression_windows.ends_at IS 'First moment after the event';
COMMENT ON COLUMN suppression_windows.note IS 'What the event is';
COMMENT ON COLUMN suppression_windows.created_at IS 'When it was entered';

CREATE TABLE alert_dismissals (
    alert_id     text PRIMARY KEY,
    keyword      text NOT NULL,
    starts_at    timestamptz NOT NULL,
    ends_at      timestamptz NOT NULL,
    note         text NOT NULL DEFAULT '',
    dismissed_at timestamptz NOT NULL DEFAULT now(),
    CHECK (starts_at < ends_at)
);
COMMENT ON TABLE alert_dismissals IS 'Alerts that a person called no anomaly: no further ones in that time, and its hours are the keyword''s normal';
COMMENT ON COLUMN alert_dismissals.alert_id IS 'The alert, see alerts';
COMMENT ON COLUMN alert_dismissals.keyword IS 'Its keyword';
COMMENT ON COLUMN alert_dismissals.starts_at IS 'Start of the first window that the alert judged';
COMMENT ON COLUMN alert_dismissals.ends_at IS 'End of the last window that the alert judged; a day later where the alert was still open';
COMMENT ON COLUMN alert_dismissals.note IS 'Why it is normal';
COMMENT ON COLUMN alert_dismissals.dismissed_at IS 'When it was dismissed';

ALTER TABLE alerts ADD COLUMN dismissed_at timestamptz;
COMMENT ON COLUMN alerts.dismissed_at IS 'When a person called it no anomaly; NULL: nobody did';
