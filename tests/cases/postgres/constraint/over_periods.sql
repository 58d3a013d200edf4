-- Keys without overlaps, and references to them.
-- needs 18
-- old
create extension btree_gist;
create table rooms (id int, during daterange, primary key (id, during without overlaps));
create table plain (id int4range, during tsrange, note text);
-- rows
insert into rooms values (1, '[2020-01-01,2021-01-01)');
-- new
create extension btree_gist;
create table rooms (id int, during daterange, booked datemultirange, primary key (id, during without overlaps), constraint booked_once unique (id, booked without overlaps) deferrable);
create table plain (id int4range, during tsrange, note text, unique (id, during without overlaps));
create table stays (room int, night daterange, foreign key (room, period night) references rooms (id, period during));
