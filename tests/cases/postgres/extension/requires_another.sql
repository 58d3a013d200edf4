-- old
create table keep (a int);
-- new
create table keep (a int);
create extension cube;
create extension earthdistance;
