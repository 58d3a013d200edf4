-- SQLite looks for the comma before the last column in a comment, and can't read what is left ("incomplete input").
-- old
CREATE TABLE t (a int, -- the first, and the only one
 b int);
-- rows
INSERT INTO t VALUES (1, 2);
-- same
SELECT a FROM t
-- new
CREATE TABLE t (a int);
