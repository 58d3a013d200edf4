-- needs 18
-- old
create foreign data wrapper w;
create server s foreign data wrapper w;
create foreign table f (a int not null, b int constraint b_there not null, c int, d int constraint d_there not null, g int generated always as (c * 2) virtual) server s;
-- new
create foreign data wrapper w;
create server s foreign data wrapper w;
create foreign table f (a int constraint a_there not null, b int not null, c int constraint c_there not null, d int constraint d_here not null, g int generated always as (c * 2) virtual, h int constraint h_there not null, check (a > 0) not enforced) server s;
create foreign table n (a int constraint n_there not null no inherit, b int not null) server s;
