-- An employer's name without place, legal form and punctuation: the same words give the same key. Not a similarity.
create or replace temp macro employer_key(x) as
    nullif(regexp_replace(regexp_replace(regexp_replace(upper(x), '[\s()（）·.,，。、"“”''-]', '', 'g'),
        '^(宁夏回族自治区|宁夏|银川市|银川)+', ''), '(有限责任公司|股份有限公司|集团有限公司|有限公司|公司)$', ''), '')
