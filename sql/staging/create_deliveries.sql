-- Grain: one delivery that has been staged. Inputs: the landing's manifests. Why: rows carry only its id.
create table if not exists stage.deliveries (
    delivery_id varchar primary key,
    source varchar,
    delivered_for date,
    name varchar,
    order_key varchar,
    kind varchar,
    rows bigint,
    control_total bigint,
    control_total_agrees boolean,
    changed_at timestamp,
    window_since timestamp,
    window_before timestamp,
    is_handed_over boolean,
    sha256 varchar,
    rows_file varchar
)
