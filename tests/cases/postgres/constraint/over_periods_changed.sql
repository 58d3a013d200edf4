-- A key that loses its period takes the reference over it along.
-- needs 18
-- old
create table rooms (id int4range, during daterange, primary key (id, during without overlaps));
create table stays (room int4range, night daterange, foreign key (room, period night) references rooms (id, period during));
-- rows
insert into rooms values ('[1,2)', '[2020-01-01,2021-01-01)');
insert into stays values ('[1,2)', '[2020-01-01,2020-02-01)');
-- new
create table rooms (id int4range, during daterange, primary key (id, during));
create table stays (room int4range, night daterange);
