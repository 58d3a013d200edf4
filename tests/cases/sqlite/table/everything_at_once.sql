-- Columns, checks, keys, indexes, a trigger and a view change together.
-- old
create table org (id integer primary key, name text unique);
create table usr (id integer primary key autoincrement, org_id int references org on delete cascade, email text collate nocase, age int, check (age > 0));
create unique index usr_email on usr (email) where age > 18;
create view adults as select id, email from usr where age > 18;
create trigger usr_ins before insert on usr when new.age < 0 begin select raise(abort, 'no; really'); end;
-- rows
insert into org values (1, 'a'); insert into usr (org_id, email, age) values (1, 'x@y', 20);
-- new
create table org (id integer primary key, name text, unique (name collate nocase));
create table usr (id integer primary key autoincrement, org_id int not null references org on delete restrict on update cascade, email text collate nocase not null, age int, born text generated always as (2000 - age) virtual, check (age >= 0), check (length(email) > 2));
create unique index usr_email on usr (email desc) where age >= 18;
create view adults as select id, email, born from usr where age >= 18;
create trigger usr_ins before insert on usr when new.age < 0 begin select case when 1 then raise(abort, 'no; never') end; end;
create trigger adults_del instead of delete on adults begin delete from usr where id = old.id; end;
