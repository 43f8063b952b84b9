-- Whether a text may speak of somebody else's wages: an agent's words, acting for somebody, or any kin. Wide on purpose:
-- who is taken for an agent is joined to nobody by ID or phone, and a claim too few joined costs less than one lost.
create or replace temp macro speaks_for_another(x) as
    coalesce(regexp_matches(x,
        '代理|委托|律师|法律援助|代为|代办|代填|代报|转述|转告|'
        || '(代|替|帮|为|给|受|陪)(他|她|其|家|我|您|的|一位|一名)?.{0,2}[\x{4e00}-\x{9fff}]{2,4}(反映|填|报|投诉|申请|讨|要|催|问|咨询|登记|求助|举报|来电|来信|提交|递交)|'
        || '父|母亲|爸|妈|爷爷|奶奶|哥|弟|姐|妹|叔|伯|舅|姑|姨|嫂|婶|岳|公公|婆婆|丈夫|老公|妻|爱人|媳妇|老伴|对象|男友|女友|'
        || '儿子|女儿|女婿|儿媳|侄|外甥|外公|外婆|孙|连襟|亲戚|亲属|亲友|家属|家人|朋友|同乡|老乡|邻居|徒弟|师父'), false)
