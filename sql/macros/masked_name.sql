-- A name as it may be published: 张*.
create or replace temp macro masked_name(x) as case when x is null then null else x[1] || '*' end
