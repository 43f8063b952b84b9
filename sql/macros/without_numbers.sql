-- A published text of a company, project or unit without long numbers: phones, ID and card numbers, in any width and
-- with blanks, points or dashes between the digits, become ***.
create or replace temp macro without_numbers(x) as
    regexp_replace(translate(x, '０１２３４５６７８９', '0123456789'), '\d([ .·\-—]{0,2}\d){10,}[Xx]?', '***', 'g')
