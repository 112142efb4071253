-- Version 5: scores on a second mini-batch are reused on their own; killed processes are known at once; what
-- people call a study, and what they note of it.

ALTER TABLE result ADD COLUMN other_key BLOB; -- what scores on a second mini-batch depend on

-- Finds such scores, in any study.
CREATE INDEX result_other_key ON result (other_key) WHERE other_key IS NOT NULL;

ALTER TABLE worker ADD COLUMN mark TEXT; -- the process itself, for processes of the same computer

ALTER TABLE study ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE study ADD COLUMN note TEXT NOT NULL DEFAULT '';
