-- The values are converted by a cast of their own, wherever they are held; arrays keep their bounds, dimensions and nulls.
-- The new checks of the table look at the values.
-- old
create schema app;
create type app.item as (name text, price numeric(8,3), gone boolean);
create type app.parcel as (items app.item[], weight integer);
create domain app.priced as app.item check ((value).price > 0);
create domain app.items as app.item[];
create table t (id int primary key, list app.item[] default '{}', one app.item, parcel app.parcel, parcels app.parcel[],
    priced app.priced, many app.priced[], items app.items);
create view v as select id, (list[1]).price as price from t;
-- rows
insert into t values
    (1, '[2:3]={"(a,1.5,t)",NULL}', '(b,2.25,f)', row(array[row('c', 3, true)::app.item], 4),
     array[row(array[row('d', 5, null)::app.item, null], 6)::app.parcel, null], '(e,7,t)', '{"(f,8,t)"}', '{"(g,9,t)"}'),
    (2, '{}', null, null, '{}', null, null, '{{"(h,10,f)"},{"(i,11,f)"}}'),
    (3, '{{"(,,)"}}', '(,,)', '(,)', '{"(,)"}', '(,12,)', '{}', '{NULL}');
-- new
create schema app;
create type app.item as (price numeric(8,2), note varchar(20), name varchar(40));
create type app.parcel as (items app.item[], weight integer);
create domain app.priced as app.item check ((value).price > 0);
create domain app.items as app.item[];
create table t (id int primary key, list app.item[] default '{}', one app.item, parcel app.parcel, parcels app.parcel[],
    priced app.priced, many app.priced[], items app.items,
    constraint values_are_kept check (id <> 1 or (list[2]).name = 'a' and (list[2]).price = 1.5 and array_dims(list) = '[2:3]'
        and (one).name = 'b' and ((parcel).items[1]).name = 'c' and (((parcels[1]).items)[1]).price = 5
        and (priced).name = 'e' and (many[1]).name = 'f' and (items[1]).price = 9),
    constraint nothing_stays_nothing check (id <> 2 or list = '{}' and one is null and array_ndims(items) = 2));
create view v as select id, (list[1]).price as price from t;
