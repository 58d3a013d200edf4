-- old
create type e as enum ('a', 'b', 'c');
create table t (a int primary key, s e, z text);
create statistics st on a, s from t;
create statistics ex on (lower(z)), s from t;
-- new
create type e as enum ('a', 'c');
create table t (a int primary key, s e, z varchar(20));
create statistics st on a, s from t;
create statistics ex on (lower(z)), s from t;
