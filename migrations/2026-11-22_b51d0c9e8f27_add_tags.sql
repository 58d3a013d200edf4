-- revision: b51d0c9e8f27
-- revises: 3adcc9a56557
-- branch-labels: tags
-- created: 2026-11-22T08:30:00Z
-- message: add tags
--   Written beside the notes, by somebody else: a branch.

-- migrate:upgrade
CREATE TABLE tags (
    id integer NOT NULL PRIMARY KEY,
    name varchar(40) NOT NULL UNIQUE
);

-- migrate:downgrade
DROP TABLE tags;
