-- revision: 3adcc9a56557
-- created: 2026-11-20T09:12:00Z
-- message: add users

-- migrate:upgrade
CREATE TABLE users (
    id integer NOT NULL PRIMARY KEY,
    email varchar(255) NOT NULL UNIQUE,
    joined_on date NOT NULL DEFAULT CURRENT_DATE
);

-- migrate:downgrade
DROP TABLE users;
