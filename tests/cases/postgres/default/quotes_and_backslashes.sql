-- old
create table t (a text);
-- rows
insert into t values ('x');
-- new
create table t (a text default 'it''s \ "quoted"', b bytea default '\x00ff', c interval default '1 day', d timestamptz default '2020-01-01 00:00:00+00');
