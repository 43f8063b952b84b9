-- A phone's digits and masking stars alone; 'lost' where a spreadsheet made it 1.38E+10. Full-width signs, blanks,
-- dashes, points and +86 are folded; a mask may be *, ＊, x or ×. 0 before a mobile number (as dialled from elsewhere) goes.
create or replace temp macro phone_bare(x) as
    case
        when regexp_matches(x, '\d\s*[eE]\s*\+') then 'lost'
        else nullif(regexp_replace(regexp_replace(
            translate(x, '０１２３４５６７８９＊×xX＋', '0123456789****+'),
            '[^0-9*]', '', 'g'),
            '^(?:0{0,2}86|0)?(1[3-9][0-9*]{9})$', '\1'), '')
    end
