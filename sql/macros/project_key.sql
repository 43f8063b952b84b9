-- A project's name without punctuation and the words 项目, 工程, 工地 at its end.
create or replace temp macro project_key(x) as
    nullif(regexp_replace(regexp_replace(upper(x), '[\s()（）·.,，。、#"“”''-]', '', 'g'), '(建设项目|项目部|项目|工程|工地)+$', ''), '')
