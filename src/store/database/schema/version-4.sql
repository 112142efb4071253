-- Version 4: every draw of weights behind a mean.

ALTER TABLE result ADD COLUMN draws TEXT; -- by score, a JSON object of lists; NULL for one repeat

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
    result.draws AS draws,
    study.id AS study,
    result.position AS position,
    coalesce(result.canonical, result.architecture) AS canonical,
    strftime('%Y-%m-%dT%H:%M:%fZ', result.time / 1000.0, 'unixepoch') AS time,
    coalesce(remark.marked, 0) AS marked,
    nullif(remark.note, '') AS note,
    result.scores AS scores
FROM result
JOIN study ON study.number = result.study
JOIN device ON device.number = result.device
LEFT JOIN remark ON remark.study = result.study AND remark.architecture = result.architecture;
