-- Grain: one delivery. Inputs: stage.deliveries. Why: a warehouse made before a delivery said which day it speaks for
-- gets the column; a delivery without it speaks for the day it was delivered for.
alter table stage.deliveries add column if not exists covers date
