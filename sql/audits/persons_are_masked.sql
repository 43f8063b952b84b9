-- audit: persons_are_masked
-- blocking: yes
-- grain: one published ticket whose claimant can be read
-- inputs: clearance.tickets
-- zh: 当事人只显示姓氏加星号，人员键只是散列值
-- why: 个人信息保护法 art. 51; published tables hold no names
select ticket_id
from clearance.tickets
where (claimant_masked is not null and not regexp_full_match(claimant_masked, '.{0,1}\*{1,2}|匿名|保密'))
   or (person_key is not null and not regexp_full_match(person_key, '[0-9a-fA-F]{12,64}'))
