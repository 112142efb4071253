-- Version 2: several processes work on one study; what a study ranks its results by.

-- A process that writes a study. It puts off the time of its expiry again and again; one that is
-- killed stays here and expires.
CREATE TABLE worker (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    study   INTEGER NOT NULL REFERENCES study (number) ON DELETE CASCADE,
    name    TEXT NOT NULL,                  -- for people: the process
    started INTEGER NOT NULL,
    expires INTEGER NOT NULL                -- from then on it counts as killed
);

CREATE INDEX worker_study ON worker (study);

-- An architecture that a worker is about to score; gone once its result is there.
CREATE TABLE claim (
    study        INTEGER NOT NULL REFERENCES study (number) ON DELETE CASCADE,
    position     INTEGER NOT NULL,
    architecture TEXT NOT NULL,
    key          BLOB,
    worker       INTEGER NOT NULL REFERENCES worker (number) ON DELETE CASCADE,
    PRIMARY KEY (study, position)
) WITHOUT ROWID;

CREATE INDEX claim_key ON claim (study, key);
CREATE INDEX claim_worker ON claim (worker);

ALTER TABLE result ADD COLUMN layers INTEGER NOT NULL DEFAULT 0; -- number of convolutions
ALTER TABLE result ADD COLUMN regions REAL;  -- different codes in the mini-batch, mean over repeats
ALTER TABLE result ADD COLUMN accuracy REAL; -- after training, in percent
ALTER TABLE result ADD COLUMN value REAL;    -- what the study ranks it by; NULL if it is not to be chosen
ALTER TABLE result ADD COLUMN told REAL;     -- what the strategy was told where that is not the value
UPDATE result SET value = score WHERE status = 'ok';

-- study.best is the highest value from here on.

ALTER TABLE study ADD COLUMN space_text TEXT; -- the space file as it was, with the values replaced in it

DROP VIEW v_result;

-- Results as they are exported: names instead of numbers, NULL where a score is not finite.
CREATE VIEW v_result AS
SELECT
    result.architecture AS architecture,
    CASE WHEN abs(result.score) < 9e999 THEN result.score END AS score,
    result.sd AS sd,
    result.status AS status,
    result.params AS params,
    result.macs AS macs,
    result.units AS units,
    result.seconds AS seconds,
    result.layers AS layers,
    result.regions AS regions,
    result.accuracy AS accuracy,
    result."index" AS "index",
    CASE WHEN length(study.seed) < 19 THEN CAST(study.seed AS INTEGER) ELSE study.seed END AS seed,
    result.repeats AS repeats,
    device.name AS device,
    device.driver AS driver,
    device.version AS version,
    result.message AS message,
    study.id AS study,
    result.position AS position,
    coalesce(result.canonical, result.architecture) AS canonical,
    strftime('%Y-%m-%dT%H:%M:%fZ', result.time / 1000.0, 'unixepoch') AS time,
    result.scores AS scores
FROM result
JOIN study ON study.number = result.study
JOIN device ON device.number = result.device;
