-- old
create sequence s;
-- new
create sequence s as integer increment by 2 minvalue 10 maxvalue 1000 start with 12 cache 5 cycle;
