-- revision: 3adcc9a56557
-- created: 2026-11-20T09:12:00Z
-- message: add users

-- migrate:upgrade
CREATE TABLE users (
    id integer PRIMARY KEY,
    email varchar(255) NOT NULL UNIQUE,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- migrate:downgrade
DROP TABLE users;
