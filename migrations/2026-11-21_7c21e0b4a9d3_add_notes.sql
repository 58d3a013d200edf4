-- revision: 7c21e0b4a9d3
-- revises: 3adcc9a56557
-- created: 2026-11-21T10:00:00Z
-- message: add notes

-- migrate:upgrade
CREATE TABLE notes (
    id integer NOT NULL PRIMARY KEY,
    user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    body text NOT NULL,
    pinned boolean NOT NULL DEFAULT false
);
CREATE INDEX ix_notes_user_id ON notes (user_id);

-- migrate:downgrade
DROP INDEX ix_notes_user_id;
DROP TABLE notes;
