-- PostgreSQL refuses bounds that leave out where the sequence is.
-- old
create sequence rises;
create sequence falls increment -1;
create sequence turns minvalue -20 start -10 maxvalue -1;
create sequence around cache 3;
create sequence shrinks as bigint;
create table t (id int primary key, n bigint default nextval('shrinks'));
-- rows
select setval('rises', 500), setval('falls', -500), setval('shrinks', 3);
insert into t values (1, 1);
-- new
create sequence rises minvalue 10 maxvalue 100 start 50;
create sequence falls increment -1 minvalue -100 maxvalue -10 cycle;
create sequence turns start 7;
create sequence around increment -3;
create sequence shrinks as smallint minvalue 5;
create table t (id int primary key, n bigint default nextval('shrinks'));
