-- A value goes to the new type as a column's would: by assignment, which refuses what is too long, else by a cast.
-- old
create domain code as varchar(10);
create domain count as text check (value ~ '^[0-9]+$');
create domain counts as count[] check (cardinality(value) < 5);
create domain small as count;
create domain level as integer;
create type levels as range (subtype = level);
create domain tags as text;
create type carton as (label code, amount count, many counts, tag tags);
create table t (id int primary key, code code default 'x', codes code[], amount count, amounts count[] default '{1}', many counts,
    small small, smalls small[], level level, span levels, spans levels_multirange, tag tags, box carton, boxes carton[]);
create index on t (amount);
-- rows
insert into t values
    (1, 'abc', '{d,NULL}', '1', '[0:1]={2,3}', '{4}', '5', '{6}', 7, '[8,9)', '{[10,11)}', 'a', row('k', '12', '{13}', 'b'), array[row('l', '14', null, 'c')::carton]),
    (2, null, null, null, '{}', null, null, null, null, null, null, null, null, '{NULL}');
-- new
create domain code as varchar(5);
create domain count as integer check (value > 0);
create domain counts as count[] check (cardinality(value) < 4);
create domain small as count;
create domain level as bigint;
create type levels as range (subtype = level);
create domain tags as text[];
create type carton as (label code, amount count, many counts, tag tags);
create table t (id int primary key, code code default 'x', codes code[], amount count, amounts count[] default '{1}', many counts,
    small small, smalls small[], level level, span levels, spans levels_multirange, tag tags, box carton, boxes carton[],
    constraint values_are_kept check (id <> 1 or code = 'abc' and codes[1] = 'd' and amount = 1 and amounts[0] = 2 and many[1] = 4
        and small = 5 and smalls[1] = 6 and level = 7 and span = '[8,9)' and spans @> 10::level and tag[1] = 'a'
        and (box).amount = 12 and (box).tag[1] = 'b' and (boxes[1]).label = 'l'));
create index on t (amount);
