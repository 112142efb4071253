-- Version 2: several processes work on one study.

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
