-- A reference without columns is one to the primary key.
-- spelled otherwise
-- old
CREATE TABLE u (id INTEGER PRIMARY KEY, n int);
CREATE TABLE c (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE t (u_id int REFERENCES u, a int, b int, FOREIGN KEY (a, b) REFERENCES c);
-- rows
INSERT INTO u VALUES (1, 1);
INSERT INTO t VALUES (1, NULL, NULL);
-- new
CREATE TABLE u (id INTEGER PRIMARY KEY, n int);
CREATE TABLE c (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE t (u_id int REFERENCES u (id), a int, b int, FOREIGN KEY (a, b) REFERENCES c (a, b));
