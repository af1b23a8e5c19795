-- Phrases that the nightly work proposes for the watch list.
-- depends: 0003_alerts

CREATE TABLE phrase_proposals (
    day     date NOT NULL,
    phrase  text NOT NULL,
    posts   integer NOT NULL CHECK (posts > 0),
    authors integer NOT NULL CHECK (authors > 0),
    score   double precision NOT NULL,
    rank    integer NOT NULL CHECK (rank > 0),
    PRIMARY KEY (day, phrase)
);
COMMENT ON TABLE phrase_proposals IS 'Word pairs and triples that stood together more often than chance on a day; proposals for the watch list';
COMMENT ON COLUMN phrase_proposals.day IS 'UTC day on which their posts were first seen';
COMMENT ON COLUMN phrase_proposals.phrase IS 'Normal form, its words with one space between, as in watchlist.keyword';
COMMENT ON COLUMN phrase_proposals.posts IS 'Posts of the day that hold it';
COMMENT ON COLUMN phrase_proposals.authors IS 'Different authors of those posts';
COMMENT ON COLUMN phrase_proposals.score IS 'Log-likelihood ratio of the words standing together rather than by chance; of three words, of their weaker cut in two';
COMMENT ON COLUMN phrase_proposals.rank IS '1 has the highest score of the day';
COMMENT ON COLUMN watchlist.keyword IS 'Normal form; hashtags and challenges have a leading #, phrases one space between words';
