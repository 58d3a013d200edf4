-- old
create function f() returns event_trigger language plpgsql as 'begin end';
create event trigger a on ddl_command_start execute function f();
create event trigger b on sql_drop when tag in ('DROP TABLE', 'DROP VIEW') execute function f();
comment on event trigger a is 'kept';
-- new
create function f() returns event_trigger language plpgsql as 'begin end';
create event trigger a on ddl_command_end when tag in ('CREATE TABLE') execute function f();
create event trigger b on sql_drop when tag in ('DROP TABLE', 'DROP VIEW') execute function f();
alter event trigger b disable;
comment on event trigger a is 'kept';
create event trigger r on table_rewrite execute function f();
alter event trigger r enable always;
