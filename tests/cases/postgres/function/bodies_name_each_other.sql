-- old
create table keep (a int);
-- new
create table keep (a int);
create function even(n int) returns boolean language plpgsql as 'begin if n = 0 then return true; end if; return odd(n - 1); end';
create function odd(n int) returns boolean language plpgsql as 'begin if n = 0 then return false; end if; return even(n - 1); end';
create function later() returns bigint language plpgsql as 'begin return (select count(*) from zlast); end';
create table zlast (a int default 1);
