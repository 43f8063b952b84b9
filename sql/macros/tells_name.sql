-- Whether a text speaks for somebody by name (three signs or more), as an agent does: a word of acting for somebody or of
-- kinship stands right before it. A colleague or a foreman who is named in passing is not meant.
create or replace temp macro tells_name(x, name) as coalesce(
    case when length(name) >= 3 and contains(x, name) then regexp_matches(
        substr(x, greatest(strpos(x, name) - 7, 1), least(7, strpos(x, name) - 1)),
        '(代|替|帮|受|委托|当事人|父亲|母亲|爸|妈|爷爷|奶奶|哥|弟|姐|妹|叔|伯|舅|姑|姨|岳父|岳母|丈夫|老公|妻子|老婆|爱人|儿子|女儿|侄|外甥|亲戚|亲属|家人|家属|朋友|同乡|老乡|邻居)(的|名叫|叫|是|，|、|：|:)?[我他她其您]?(的)?$') end, false)
