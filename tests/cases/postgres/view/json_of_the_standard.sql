-- needs 17
-- old
create table t (j jsonb, n int);
create view v as select json_exists(j, '$.a') as a from t;
-- new
create table t (j jsonb check (j is json object with unique keys), n int default json_value('{"a": 1}'::jsonb, '$.a' returning int), k jsonb default json_array(1, 2 returning jsonb));
create view v as select json_exists(j, '$.b') as a, json_query(j, '$.c' with conditional wrapper) as c, json_value(j, 'strict $.d' returning bigint default 3 on empty error on error) as d from t;
create view w as select x.id, x.name from t, json_table(t.j, '$[*]' columns (id for ordinality, name text path '$.name', nested path '$.kids[*]' columns (kid int path '$'))) x;
create view o as select json_object('a' : n, 'b' : j absent on null) as o, json_arrayagg(n order by n) as l from t group by n, j;
create index i on t (json_value(j, '$.id' returning int));
