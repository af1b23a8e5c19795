-- Posts and what they mention, as parsed from the lake day by day.

CREATE TABLE posts (
    post_id          text PRIMARY KEY,
    form             text NOT NULL,
    text             text NOT NULL,
    author_id        text,
    music_id         text,
    created_at       timestamptz,
    first_seen_at    timestamptz NOT NULL,
    last_seen_at     timestamptz NOT NULL,
    digg_count       bigint CHECK (digg_count >= 0),
    comment_count    bigint CHECK (comment_count >= 0),
    share_count      bigint CHECK (share_count >= 0),
    play_count       bigint CHECK (play_count >= 0),
    engagement       bigint GENERATED ALWAYS AS
                         (coalesce(digg_count, 0) + coalesce(comment_count, 0) + coalesce(share_count, 0)) STORED,
    duration_seconds double precision,
    hashtags         text[] NOT NULL DEFAULT '{}',
    CHECK (first_seen_at <= last_seen_at)
);
CREATE INDEX posts_first_seen_at ON posts USING brin (first_seen_at);
CREATE INDEX posts_created_at ON posts USING brin (created_at);
CREATE INDEX posts_author_id ON posts (author_id);
CREATE INDEX posts_music_id ON posts (music_id);
COMMENT ON TABLE posts IS 'One row per post, as it stood when it was last seen; the raw records stay in the lake';
COMMENT ON COLUMN posts.post_id IS 'TikTok''s id of the post; text, for it exceeds 2^53 and is not always a number';
COMMENT ON COLUMN posts.form IS 'Form of the record: nested (2019-2020 dump) or web (page JSON)';
COMMENT ON COLUMN posts.text IS 'Caption as written by its author; may be empty';
COMMENT ON COLUMN posts.author_id IS 'Id of the author, see authors';
COMMENT ON COLUMN posts.music_id IS 'Id of the music used, see music';
COMMENT ON COLUMN posts.created_at IS 'When TikTok says the post was made';
COMMENT ON COLUMN posts.first_seen_at IS 'Stream time (time_stamp) at which the post was first seen; the post counts for its keywords then, once';
COMMENT ON COLUMN posts.last_seen_at IS 'Stream time at which the post was last seen; all other columns are as of then';
COMMENT ON COLUMN posts.digg_count IS 'Likes when last seen';
COMMENT ON COLUMN posts.comment_count IS 'Comments when last seen';
COMMENT ON COLUMN posts.share_count IS 'Shares when last seen';
COMMENT ON COLUMN posts.play_count IS 'Plays when last seen';
COMMENT ON COLUMN posts.engagement IS 'Likes + comments + shares when last seen';
COMMENT ON COLUMN posts.duration_seconds IS 'Length of the video in seconds';
COMMENT ON COLUMN posts.hashtags IS 'Hashtags in normal form with a leading #, as in keyword_counts.keyword';

CREATE TABLE authors (
    author_id       text PRIMARY KEY,
    unique_name     text,
    nickname        text,
    signature       text,
    is_verified     boolean,
    follower_count  bigint,
    following_count bigint,
    first_seen_at   timestamptz NOT NULL,
    last_seen_at    timestamptz NOT NULL
);
CREATE INDEX authors_unique_name ON authors (unique_name);
COMMENT ON TABLE authors IS 'One row per author, as last seen';
COMMENT ON COLUMN authors.author_id IS 'TikTok''s id of the author';
COMMENT ON COLUMN authors.unique_name IS 'Handle, as in tiktok.com/@handle';
COMMENT ON COLUMN authors.nickname IS 'Displayed name';
COMMENT ON COLUMN authors.signature IS 'Text of the profile';
COMMENT ON COLUMN authors.is_verified IS 'Whether TikTok verified the account';
COMMENT ON COLUMN authors.follower_count IS 'Followers when last seen; NULL when the records do not tell';
COMMENT ON COLUMN authors.following_count IS 'Accounts followed when last seen; NULL when the records do not tell';
COMMENT ON COLUMN authors.first_seen_at IS 'Stream time of the first post seen';
COMMENT ON COLUMN authors.last_seen_at IS 'Stream time of the last post seen';

CREATE TABLE music (
    music_id      text PRIMARY KEY,
    title         text,
    author_name   text,
    is_original   boolean,
    first_seen_at timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL
);
COMMENT ON TABLE music IS 'One row per piece of music or original sound, as last seen';
COMMENT ON COLUMN music.music_id IS 'TikTok''s id of the music';
COMMENT ON COLUMN music.title IS 'Title';
COMMENT ON COLUMN music.author_name IS 'Musician, or the author of an original sound';
COMMENT ON COLUMN music.is_original IS 'Whether it is the poster''s own sound';
COMMENT ON COLUMN music.first_seen_at IS 'Stream time of the first post seen that uses it';
COMMENT ON COLUMN music.last_seen_at IS 'Stream time of the last post seen that uses it';

CREATE TABLE challenges (
    challenge_id   text PRIMARY KEY,
    challenge_name text NOT NULL,
    first_seen_at  timestamptz NOT NULL,
    last_seen_at   timestamptz NOT NULL
);
CREATE INDEX challenges_challenge_name ON challenges (challenge_name);
COMMENT ON TABLE challenges IS 'One row per challenge (TikTok''s own object behind a hashtag), as last seen';
COMMENT ON COLUMN challenges.challenge_id IS 'TikTok''s id of the challenge';
COMMENT ON COLUMN challenges.challenge_name IS 'Name as written by TikTok';
COMMENT ON COLUMN challenges.first_seen_at IS 'Stream time of the first post seen in it';
COMMENT ON COLUMN challenges.last_seen_at IS 'Stream time of the last post seen in it';

CREATE TABLE hashtags (
    hashtag       text PRIMARY KEY,
    first_seen_at timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL
);
COMMENT ON TABLE hashtags IS 'One row per hashtag ever seen';
COMMENT ON COLUMN hashtags.hashtag IS 'Normal form (lower-case NFKC) with a leading #';
COMMENT ON COLUMN hashtags.first_seen_at IS 'Stream time of the first post seen that carries it';
COMMENT ON COLUMN hashtags.last_seen_at IS 'Stream time of the last post seen that carries it';

CREATE TABLE post_hashtags (
    post_id text NOT NULL,
    hashtag text NOT NULL,
    day     date NOT NULL,
    PRIMARY KEY (hashtag, post_id)
);
CREATE INDEX post_hashtags_day ON post_hashtags (day);
CREATE INDEX post_hashtags_post_id ON post_hashtags (post_id);
COMMENT ON TABLE post_hashtags IS 'Which post carries which hashtag, on the day the post was first seen';
COMMENT ON COLUMN post_hashtags.post_id IS 'The post';
COMMENT ON COLUMN post_hashtags.hashtag IS 'The hashtag, normal form with a leading #';
COMMENT ON COLUMN post_hashtags.day IS 'UTC day on which the post was first seen';

CREATE TABLE post_challenges (
    post_id      text NOT NULL,
    challenge_id text NOT NULL,
    day          date NOT NULL,
    PRIMARY KEY (challenge_id, post_id)
);
CREATE INDEX post_challenges_day ON post_challenges (day);
CREATE INDEX post_challenges_post_id ON post_challenges (post_id);
COMMENT ON TABLE post_challenges IS 'Which post takes part in which challenge, on the day the post was first seen';
COMMENT ON COLUMN post_challenges.post_id IS 'The post';
COMMENT ON COLUMN post_challenges.challenge_id IS 'The challenge, see challenges';
COMMENT ON COLUMN post_challenges.day IS 'UTC day on which the post was first seen';

CREATE TABLE post_metrics (
    post_id       text NOT NULL,
    seen_at       timestamptz NOT NULL,
    digg_count    bigint CHECK (digg_count >= 0),
    comment_count bigint CHECK (comment_count >= 0),
    share_count   bigint CHECK (share_count >= 0),
    play_count    bigint CHECK (play_count >= 0),
    PRIMARY KEY (post_id, seen_at)
);
CREATE INDEX post_metrics_seen_at ON post_metrics USING brin (seen_at);
COMMENT ON TABLE post_metrics IS 'A post''s counts over time: one row per sighting';
COMMENT ON COLUMN post_metrics.post_id IS 'The post';
COMMENT ON COLUMN post_metrics.seen_at IS 'Stream time of the sighting';
COMMENT ON COLUMN post_metrics.digg_count IS 'Likes then';
COMMENT ON COLUMN post_metrics.comment_count IS 'Comments then';
COMMENT ON COLUMN post_metrics.share_count IS 'Shares then';
COMMENT ON COLUMN post_metrics.play_count IS 'Plays then';

CREATE TABLE trending_challenges_daily (
    day                date NOT NULL,
    challenge_id       text NOT NULL,
    challenge_name     text NOT NULL,
    mentions           bigint NOT NULL,
    engagement         bigint NOT NULL,
    rank_by_mentions   integer NOT NULL,
    rank_by_engagement integer NOT NULL,
    PRIMARY KEY (day, challenge_id)
);
COMMENT ON TABLE trending_challenges_daily IS 'The day''s 100 foremost challenges by mentions and by engagement';
COMMENT ON COLUMN trending_challenges_daily.day IS 'UTC day';
COMMENT ON COLUMN trending_challenges_daily.challenge_id IS 'The challenge, see challenges';
COMMENT ON COLUMN trending_challenges_daily.challenge_name IS 'Its name that day';
COMMENT ON COLUMN trending_challenges_daily.mentions IS 'Posts in it that were first seen that day';
COMMENT ON COLUMN trending_challenges_daily.engagement IS 'Likes + comments + shares of those posts, as last seen that day';
COMMENT ON COLUMN trending_challenges_daily.rank_by_mentions IS '1 is the most mentioned';
COMMENT ON COLUMN trending_challenges_daily.rank_by_engagement IS '1 has the most engagement';

CREATE TABLE trending_musicians_daily (
    day                date NOT NULL,
    musician           text NOT NULL,
    mentions           bigint NOT NULL,
    engagement         bigint NOT NULL,
    rank_by_mentions   integer NOT NULL,
    rank_by_engagement integer NOT NULL,
    PRIMARY KEY (day, musician)
);
COMMENT ON TABLE trending_musicians_daily IS 'The day''s 100 foremost musicians by mentions and by engagement';
COMMENT ON COLUMN trending_musicians_daily.day IS 'UTC day';
COMMENT ON COLUMN trending_musicians_daily.musician IS 'Name as in music.author_name';
COMMENT ON COLUMN trending_musicians_daily.mentions IS 'Posts with their music that were first seen that day';
COMMENT ON COLUMN trending_musicians_daily.engagement IS 'Likes + comments + shares of those posts, as last seen that day';
COMMENT ON COLUMN trending_musicians_daily.rank_by_mentions IS '1 is the most mentioned';
COMMENT ON COLUMN trending_musicians_daily.rank_by_engagement IS '1 has the most engagement';

CREATE TABLE lake_days (
    day            date PRIMARY KEY,
    lake_rows      bigint NOT NULL,
    parsed_rows    bigint NOT NULL,
    unparsable     bigint NOT NULL,
    distinct_posts bigint NOT NULL,
    repeated       bigint NOT NULL,
    new_posts      bigint NOT NULL,
    keywords       bigint NOT NULL,
    warnings       text[] NOT NULL DEFAULT '{}',
    parsed_at      timestamptz NOT NULL DEFAULT now(),
    CHECK (lake_rows = parsed_rows + unparsable),
    CHECK (parsed_rows = distinct_posts + repeated)
);
COMMENT ON TABLE lake_days IS 'The ledger: what each day of the lake held and became';
COMMENT ON COLUMN lake_days.day IS 'UTC day of stream time';
COMMENT ON COLUMN lake_days.lake_rows IS 'Records in the lake';
COMMENT ON COLUMN lake_days.parsed_rows IS 'Records that are posts';
COMMENT ON COLUMN lake_days.unparsable IS 'Records that are no post';
COMMENT ON COLUMN lake_days.distinct_posts IS 'Different posts among the records';
COMMENT ON COLUMN lake_days.repeated IS 'Records of a post already seen that day';
COMMENT ON COLUMN lake_days.new_posts IS 'Posts never seen before that day; only these count for keywords';
COMMENT ON COLUMN lake_days.keywords IS 'Keywords kept in keyword_counts';
COMMENT ON COLUMN lake_days.warnings IS 'Data checks that warned';
COMMENT ON COLUMN lake_days.parsed_at IS 'When the day was last parsed';
