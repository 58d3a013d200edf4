-- old
create table node (id int primary key, parent int references node);
-- new
create table node (id int primary key, parent int references node);
create recursive view tree (id, depth) as
  select id, 0 from node where parent is null
  union all select n.id, t.depth + 1 from node n join tree t on n.parent = t.id;
