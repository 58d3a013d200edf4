-- needs 17
-- old
create function f() returns event_trigger language plpgsql as 'begin end';
create event trigger e on ddl_command_start execute function f();
-- new
create function f() returns event_trigger language plpgsql as 'begin end';
create event trigger e on login execute function f();
alter event trigger e disable;
