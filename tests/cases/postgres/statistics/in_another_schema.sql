-- old
create schema st;
create table t (a int, b int);
create materialized view m as select a, b from t;
-- new
create schema st;
create table t (a int, b int);
create materialized view m as select a, b from t;
create statistics st.s on a, b from t;
create statistics st.m on a, b from m;
