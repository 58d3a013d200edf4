-- old
create table t (a polygon, b circle, c box, d point, e path);
-- rows
insert into t values ('((0,0),(1,1),(1,0))', '<(1,1),2>', '(1,1),(0,0)', '(1,2)', '((0,0),(1,1),(1,0))');
-- new
create table t (a circle, b polygon, c polygon, d box, e polygon);
