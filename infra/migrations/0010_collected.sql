-- What the collectors bring beside posts: profiles as their pages show them, and comments.
-- depends: 0009_pipeline_metrics

CREATE TABLE profiles (
    user_name       text PRIMARY KEY,
    user_id         text NOT NULL,
    sec_uid         text,
    nickname        text,
    signature       text,
    is_verified     boolean NOT NULL,
    is_private      boolean NOT NULL,
    follower_count  bigint NOT NULL CHECK (follower_count >= 0),
    following_count bigint CHECK (following_count >= 0),
    heart_count     bigint CHECK (heart_count >= 0),
    post_count      bigint CHECK (post_count >= 0),
    first_seen_at   timestamptz NOT NULL,
    seen_at         timestamptz NOT NULL,
    raw_key         text NOT NULL,
    content_digest  text NOT NULL,
    CHECK (first_seen_at <= seen_at)
);
CREATE INDEX profiles_user_id ON profiles (user_id);
COMMENT ON TABLE profiles IS 'One row per user whose page was fetched, as the newest page shows them';
COMMENT ON COLUMN profiles.user_name IS 'Handle in lower case, as in tiktok.com/@handle';
COMMENT ON COLUMN profiles.user_id IS 'TikTok''s id of the user, as posts.author_id';
COMMENT ON COLUMN profiles.sec_uid IS 'TikTok''s second id, by which a user''s posts are asked for';
COMMENT ON COLUMN profiles.nickname IS 'Displayed name';
COMMENT ON COLUMN profiles.signature IS 'Text of the profile';
COMMENT ON COLUMN profiles.is_verified IS 'Whether TikTok verified the account';
COMMENT ON COLUMN profiles.is_private IS 'Whether only followers see the posts';
COMMENT ON COLUMN profiles.follower_count IS 'Followers; the page shows large numbers rounded';
COMMENT ON COLUMN profiles.following_count IS 'Accounts followed';
COMMENT ON COLUMN profiles.heart_count IS 'Likes of all posts';
COMMENT ON COLUMN profiles.post_count IS 'Posts';
COMMENT ON COLUMN profiles.first_seen_at IS 'When the page was first fetched';
COMMENT ON COLUMN profiles.seen_at IS 'When a page was fetched that told something new; all other columns are as of then';
COMMENT ON COLUMN profiles.raw_key IS 'Key of that page in the lake''s bucket';
COMMENT ON COLUMN profiles.content_digest IS 'Digest of what that page told; a page that tells the same changes nothing';

CREATE TABLE profile_counts (
    user_name       text NOT NULL,
    seen_at         timestamptz NOT NULL,
    follower_count  bigint NOT NULL CHECK (follower_count >= 0),
    following_count bigint CHECK (following_count >= 0),
    heart_count     bigint CHECK (heart_count >= 0),
    post_count      bigint CHECK (post_count >= 0),
    PRIMARY KEY (user_name, seen_at)
);
COMMENT ON TABLE profile_counts IS 'A user''s counts over time: one row per page that told something new';
COMMENT ON COLUMN profile_counts.user_name IS 'The user, see profiles';
COMMENT ON COLUMN profile_counts.seen_at IS 'When the page was fetched';
COMMENT ON COLUMN profile_counts.follower_count IS 'Followers then';
COMMENT ON COLUMN profile_counts.following_count IS 'Accounts followed then';
COMMENT ON COLUMN profile_counts.heart_count IS 'Likes of all posts then';
COMMENT ON COLUMN profile_counts.post_count IS 'Posts then';

CREATE TABLE post_comments (
    comment_id    text PRIMARY KEY,
    post_id       text NOT NULL,
    author_id     text,
    author_name   text,
    text          text NOT NULL,
    created_at    timestamptz,
    digg_count    bigint CHECK (digg_count >= 0),
    reply_count   bigint CHECK (reply_count >= 0),
    language      text,
    first_seen_at timestamptz NOT NULL,
    seen_at       timestamptz NOT NULL,
    CHECK (first_seen_at <= seen_at)
);
CREATE INDEX post_comments_post_id ON post_comments (post_id);
CREATE INDEX post_comments_author_id ON post_comments (author_id);
COMMENT ON TABLE post_comments IS 'One row per comment that was collected, as last seen';
COMMENT ON COLUMN post_comments.comment_id IS 'TikTok''s id of the comment';
COMMENT ON COLUMN post_comments.post_id IS 'The post it answers, see posts';
COMMENT ON COLUMN post_comments.author_id IS 'Id of who wrote it';
COMMENT ON COLUMN post_comments.author_name IS 'Handle of who wrote it';
COMMENT ON COLUMN post_comments.text IS 'As written';
COMMENT ON COLUMN post_comments.created_at IS 'When TikTok says it was written';
COMMENT ON COLUMN post_comments.digg_count IS 'Likes when last seen';
COMMENT ON COLUMN post_comments.reply_count IS 'Answers when last seen';
COMMENT ON COLUMN post_comments.language IS 'As TikTok tells it';
COMMENT ON COLUMN post_comments.first_seen_at IS 'When it was first collected';
COMMENT ON COLUMN post_comments.seen_at IS 'When it was last collected';
