-- Grain: one candidate pair that may join two tickets, or waits for a person. Inputs: core.alike, $threshold, $grey.
-- Why: sure by the domain's rules (the same valid ID number and employer; a quoted number where something else agrees),
-- joined by score, or in doubt: a person looks at it and until then it stays apart. What is vetoed or weak is no link.
create or replace table core.links as
with ruled as (
    select
        *,
        case
            when veto is not null then 'quoted_number'
            when id_number = 'same' and employer in ('same', 'variant') and is_one_matter then 'same_id'
            when is_quoted and is_one_matter then 'quoted_number'
            else 'score'
        end as rule,
        case when veto is not null then '编号可能抄错：' || veto
             when is_quoted and not is_one_matter then '编号可能抄错：除编号外不足以认定同一件事'
             when not is_one_matter then '证据不足以认定同一件事' end as doubt
    from core.alike
    where veto is null or is_quoted
)
select
    ticket_a, ticket_b, weight, rule,
    case when rule = 'score' then 2 else 1 end as rank,
    case when doubt is not null then doubt
         when rule = 'score' and weight < $threshold then '相似度不足' end as doubt,
    concat_ws('；',
        case id_number when 'same' then '身份证号相同' end,
        case person when 'same' then '姓名相同' when 'sound' then '姓名同音' when 'near' then '姓名仅一字不同' when 'compatible' then '姓氏与称谓相符'
                    when 'told' then '一件正文写明另一件的当事人' end,
        case contact when 'same' then '电话相同' when 'told' then '正文所留电话相同' when 'masked' then '电话首尾号段相同'
                     when 'shared' then '电话相同（多人共用）' when 'different' then '电话不同' end,
        case employer when 'same' then '用人单位相同' when 'variant' then '用人单位为同一名称的不同写法' when 'namesake' then '用人单位字号相同'
                      when 'different' then '用人单位写法不同' end,
        case project when 'same' then '项目相同' when 'variant' then '项目名称相近' when 'different' then '项目不同' end,
        case period when 'same' then '欠薪时段相同' when 'overlapping' then '欠薪时段重叠' end,
        case claim when 'same' then '金额相同' when 'close' then '金额相近' when 'different' then '金额不同' end,
        case when is_quoted then '一件引用另一件的编号' end
    ) as reasons
from ruled
where rule <> 'score' or weight >= $grey or is_quoted
