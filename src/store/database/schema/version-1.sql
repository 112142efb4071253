-- Version 1 of the file. Times are milliseconds since 1970 in UTC.

-- A run of the program: what was asked for and what it came to.
CREATE TABLE study (
    number            INTEGER PRIMARY KEY AUTOINCREMENT, -- what the other tables refer to
    id                TEXT NOT NULL UNIQUE, -- eight hexadecimal digits, what people type
    created           INTEGER NOT NULL,
    updated           INTEGER NOT NULL,     -- when something was last written
    state             TEXT NOT NULL
                      CHECK (state IN ('running', 'done', 'interrupted', 'failed')),
    space             TEXT,                 -- id of the search space; NULL for a model file
    space_fingerprint TEXT,                 -- SHA-256 of the space file's values
    job               TEXT NOT NULL,        -- all options, JSON
    seed              TEXT NOT NULL,        -- decimal, 0 to 2^64 - 1
    weight_seeds      TEXT NOT NULL,        -- the seed of each repeat, JSON list
    batch             TEXT NOT NULL,        -- SHA-256 of the images
    device            INTEGER NOT NULL REFERENCES device (number), -- where it began
    score_version     INTEGER NOT NULL,     -- scores of different versions are not compared
    ok                INTEGER NOT NULL DEFAULT 0, -- results by status
    singular          INTEGER NOT NULL DEFAULT 0,
    disconnected      INTEGER NOT NULL DEFAULT 0,
    failed            INTEGER NOT NULL DEFAULT 0,
    best              REAL                  -- highest score of those that are ok
);

-- What results were computed on, and by which version of the program.
CREATE TABLE device (
    number  INTEGER PRIMARY KEY,
    name    TEXT NOT NULL,
    driver  TEXT NOT NULL,
    version TEXT NOT NULL,
    UNIQUE (name, driver, version)
);

-- A scored architecture.
CREATE TABLE result (
    study        INTEGER NOT NULL REFERENCES study (number) ON DELETE CASCADE,
    position     INTEGER NOT NULL,          -- order of proposal, from 0
    architecture TEXT NOT NULL,             -- in the space's notation
    canonical    TEXT,                      -- NULL where it is the same text
    status       TEXT NOT NULL
                 CHECK (status IN ('ok', 'singular', 'disconnected', 'failed')),
    score        REAL,                      -- may be infinite; NULL where it is not a number
    sd           REAL,
    params       INTEGER NOT NULL,
    macs         INTEGER NOT NULL,
    units        INTEGER NOT NULL,
    seconds      REAL NOT NULL,
    "index"      INTEGER,                   -- number in the benchmark's order
    repeats      INTEGER NOT NULL,
    scores       TEXT,                      -- further scores and accuracies, JSON object
    key          BLOB,                      -- what the score depends on, 16 bytes; see docs/store.md
    device       INTEGER NOT NULL REFERENCES device (number),
    message      TEXT,
    time         INTEGER NOT NULL,
    PRIMARY KEY (study, position)
) WITHOUT ROWID;

-- Finds a score that was computed before, in any study.
CREATE INDEX result_key ON result (key) WHERE key IS NOT NULL;

-- What happened during a study.
CREATE TABLE event (
    number INTEGER PRIMARY KEY,
    study  INTEGER NOT NULL REFERENCES study (number) ON DELETE CASCADE,
    time   INTEGER NOT NULL,
    kind   TEXT NOT NULL
           CHECK (kind IN ('start', 'resume', 'join', 'warning', 'stop')),
    text   TEXT NOT NULL
);

CREATE INDEX event_study ON event (study);

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
