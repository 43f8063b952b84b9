-- NULL for a placeholder (不详, 无 …), which names nothing.
-- A project's name without punctuation and the words 项目, 工程, 工地 at its end.
create or replace temp macro project_key(x) as
    case when upper(clean_text(x)) not in ('不详', '未知', '无', '暂无', '没有', '个人', '私人', '私人老板', '老板', '包工头', '不清楚', '不知道', '不知', '保密', '匿名', '某', '某公司', '某单位', '公司', '单位', '工地', '项目', '项目部', '施工单位', '劳务', '劳务公司', '建筑公司', '建筑工地', '其他', '不明', '待核实', '待查', '第一工程处', '第二工程处', 'NULL', 'NONE', 'NA', 'N/A', '/')
         then nullif(regexp_replace(regexp_replace(upper(x), '[\s()（）·.,，。、#"“”''-]', '', 'g'), '(建设项目|项目部|项目|工程|工地)+$', ''), '') end
