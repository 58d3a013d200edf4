-- What a partition has from its parent stays when it is detached, names too.
-- old
create table q (id int primary key);
create table p (id int not null default 1, n int not null check (n > 0), q_id int constraint to_q references q, k text, unique (id, k)) partition by list (k);
create index p_n on p (n);
create table p1 partition of p for values in ('a');
create table p2 partition of p for values in ('b');
-- rows
insert into p values (1, 1, null, 'a'), (2, 2, null, 'b');
-- new
create table q (id int primary key);
create table p (id int not null default 1, n int not null check (n > 0), q_id int constraint to_q references q, k text, unique (id, k)) partition by list (k);
create index p_n on p (n);
create table p1 partition of p for values in ('a');
create table p2 (id int not null default 1, n int not null constraint p_n_check check (n > 0), q_id int constraint to_q references q, k text, unique (id, k));
create index p2_n_idx on p2 (n);
