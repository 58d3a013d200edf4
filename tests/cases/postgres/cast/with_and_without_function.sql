-- old
create schema app;
create table app.t (a int);
create function app.to_int(app.t) returns int language sql immutable as 'select $1.a';
create cast (app.t as int) with function app.to_int(app.t);
comment on cast (app.t as int) is 'kept';
-- new
create schema app;
create table app.t (a int);
create function app.to_int(app.t) returns int language sql immutable as 'select $1.a';
create cast (app.t as int) with function app.to_int(app.t) as assignment;
comment on cast (app.t as int) is 'kept';
create cast (point as text) with inout as implicit;
create cast (app.t as text) with inout;
