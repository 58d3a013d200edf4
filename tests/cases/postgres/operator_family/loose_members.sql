-- old
create operator family f using btree;
create operator class c for type int using btree family f as operator 1 <, function 1 btint4cmp(int, int);
alter operator family f using btree add operator 1 < (int, bigint), function 1 (int, bigint) btint48cmp(int, bigint);
-- new
create operator family f using btree;
create operator class c for type int using btree family f as operator 1 <, function 1 btint4cmp(int, int);
alter operator family f using btree add operator 1 < (int, bigint), operator 5 > (int, bigint), function 1 (int, smallint) btint42cmp(int, smallint);
