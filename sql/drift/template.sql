-- Grain: one delivery × column × kind × value. Inputs: landing Parquet of one source, arriving_deliveries (id, file,
-- version of the profile, columns its header lacked). Why: the profile of deliveries in one statement, each branch
-- reading the columns it counts alone; {{…}} parts are made from schemas/sources. Values beyond {most} a column fold
-- into one that is called {rest}.
insert into stage.profiles
with counted as (
    select filename, count(*) as rows, [{empties}] as empties from {scan} group by filename
),
codes as (
    {codes}
),
shapes as (
    {shapes}
),
extras as (
    select filename, key as column_name, 'extra' as kind, coalesce(value_shape(min(value)), '') as value,
           count(*) filter (where value is not null) as count,
           parse_timestamp(min(value)) is not null as is_readable
    from (
        select filename, key,
               nullif(trim(json_extract_string(_extra, '/' || replace(replace(key, '~', '~0'), '/', '~1'))), '') as value
        from (select filename, _extra, unnest(json_keys(_extra)) as key from {scan} where _extra is not null and _defect is null)
    )
    group by filename, key
),
valued as (
    select filename, column_name, 'code' as kind, clean_text(raw) as value, sum(count) as count,
           parse_flag(raw) is not null as is_readable
    from codes where clean_text(raw) is not null group by filename, column_name, clean_text(raw), parse_flag(raw) is not null
    union all
    select filename, column_name, 'shape', value_shape(digits), sum(count),
           bool_or(parse_timestamp(least_value) is not null or parse_timestamp(greatest_value) is not null)
    from shapes group by filename, column_name, value_shape(digits)
    union all
    select * from extras
),
ranked as (
    select *, row_number() over (
        partition by filename, kind, case when kind = 'extra' then '' else column_name end
        order by count desc, column_name, value
    ) as place
    from valued
),
found as (
    select filename, '' as column_name, 'rows' as kind, cast(null as varchar) as value, rows as count,
           cast(null as boolean) as is_readable
    from counted
    union all
    select filename, [{columns}][position], 'empty', '', empties[position], null
    from (select filename, empties, unnest(range(1, len(empties) + 1)) as position from counted)
    union all
    select filename, column_name, kind, value, count, is_readable from ranked where place <= {most}
    union all
    select filename, case when kind = 'extra' then {rest} else column_name end, kind, {rest}, sum(count), bool_and(is_readable)
    from ranked where place > {most} group by all
)
select d.delivery_id, {source} as source, coalesce(f.column_name, ''), coalesce(f.kind, 'rows'),
       case when coalesce(f.kind, 'rows') = 'rows' then d.version else f.value end, coalesce(f.count, 0), f.is_readable
from arriving_deliveries as d left join found as f on f.filename = d.rows_file
union all
select d.delivery_id, {source}, unnest(d.absent), 'absent', '', d.rows, null from arriving_deliveries as d
