-- needs 15
-- old
create table p (tenant int, id int, primary key (tenant, id));
create table t (tenant int, p_id int, q_id int, foreign key (tenant, p_id) references p on delete set null, foreign key (tenant, q_id) references p on delete set default (q_id));
-- rows
insert into p values (1, 1);
insert into t values (1, 1, 1);
-- new
create table p (tenant int, id int, primary key (tenant, id));
create table t (tenant int, p_id int, q_id int, foreign key (tenant, p_id) references p on delete set null (p_id), foreign key (tenant, q_id) references p on delete set default);
