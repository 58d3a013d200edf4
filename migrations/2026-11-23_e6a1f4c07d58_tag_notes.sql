-- revision: e6a1f4c07d58
-- revises: 7c21e0b4a9d3, b51d0c9e8f27
-- created: 2026-11-23T14:05:00Z
-- message: tag notes
--   Needs both branches, so it merges them.

-- migrate:upgrade
CREATE TABLE note_tags (
    note_id integer NOT NULL REFERENCES notes (id) ON DELETE CASCADE,
    tag_id integer NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
    PRIMARY KEY (note_id, tag_id)
);
CREATE INDEX ix_note_tags_tag_id ON note_tags (tag_id);

-- migrate:downgrade
DROP INDEX ix_note_tags_tag_id;
DROP TABLE note_tags;
