-- Version 5: what people call a study, and what they note of it.

ALTER TABLE study ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE study ADD COLUMN note TEXT NOT NULL DEFAULT '';
