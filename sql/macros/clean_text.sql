-- Text as it will be used: full-width blanks, zero-width and control characters folded, ends trimmed; '' becomes NULL.
-- Line breaks and tabs inside a text become one blank.
create or replace temp macro clean_text(x) as
    nullif(trim(regexp_replace(regexp_replace(x, '[\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}\x{feff}]', '', 'g'),
                               '[\s\x00-\x1f\x7f\x{3000}\x{a0}]+', ' ', 'g')), '')
