-- Grain: one row, the version of the reading that made stage.prose. Inputs: none. Why: a warehouse of an older reading is read anew.
create table if not exists stage.prose_reading (version varchar)
