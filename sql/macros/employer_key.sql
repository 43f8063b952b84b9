-- NULL for a placeholder (不详, 无, 个人 …), which names nobody.
-- An employer's name without place, legal form and punctuation: the same words give the same key. Not a similarity.
create or replace temp macro employer_key(x) as
    case when upper(clean_text(x)) not in ('不详', '未知', '无', '暂无', '没有', '个人', '私人', '私人老板', '老板', '包工头', '不清楚', '不知道', '不知', '保密', '匿名', '某', '某公司', '某单位', '公司', '单位', '工地', '项目', '项目部', '施工单位', '劳务', '劳务公司', '建筑公司', '建筑工地', '其他', '不明', '待核实', '待查', '第一工程处', '第二工程处', 'NULL', 'NONE', 'NA', 'N/A', '/')
         then nullif(regexp_replace(regexp_replace(regexp_replace(upper(x), '[\s()（）·.,，。、"“”''-]', '', 'g'),
        '^(宁夏回族自治区|宁夏|银川市|银川)+', ''), '(有限责任公司|股份有限公司|集团有限公司|有限公司|公司)$', ''), '') end
