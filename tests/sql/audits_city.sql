-- A warehouse that balances: four tickets, three leads, two days. All of it is invented.
create schema stage; create schema core; create schema registry; create schema clearance;

create table clearance.divisions (division_code varchar, name varchar, level varchar);
insert into clearance.divisions values ('640100', '市本级', 'city'), ('640104', '兴庆区', 'county');

create table stage.deliveries (delivery_id varchar, source varchar, delivered_for date, name varchar,
    order_key varchar, kind varchar, rows bigint, control_total bigint, control_total_agrees boolean);
insert into stage.deliveries values
    ('d1', 'hotline', '2023-08-30', 'GD_20230830_01.csv', 'GD_20230830_01.csv', 'file', 3, 3, true),
    ('d2', 'national', '2023-08-31', 'window', '2023-09-01', 'rest', 2, 2, true),
    ('d3', 'petition', '2023-08-31', 'XFJ_20230831_1800.xlsx', 'XFJ_20230831_1800.xlsx', 'file', 1, null, null),
    ('d4', 'regional', '2023-08-31', 'window', '2023-09-01', 'database', 1, null, null),
    ('d9', 'hotline', '2023-09-01', 'GD_20230901_01.csv', 'GD_20230901_01.csv', 'file', 1, 1, true);
create table core.known_deliveries as select delivery_id from stage.deliveries where delivery_id <> 'd9';

create table core.known_rows (delivery_id varchar, row_no bigint, source varchar, delivered_for date,
    ticket_no varchar, ticket_id varchar, channel varchar, division_code varchar, status varchar,
    received_at timestamp, changed_at timestamp, flags varchar[], disposition varchar, reason varchar);
insert into core.known_rows values
    ('d1', 1, 'hotline', '2023-08-30', 'GD1', 'hotline:GD1', 'hotline', '640104', 'handling',
     '2023-08-30 10:00', '2023-08-30 10:00', [], 'version', null),
    ('d1', 2, 'hotline', '2023-08-30', null, null, 'hotline', null, 'handling',
     '2023-08-30 11:00', '2023-08-30 11:00', [], 'quarantined', 'missing_ticket_no'),
    ('d1', 3, 'hotline', '2023-08-30', 'GD3', 'hotline:GD3', 'hotline', '640104', 'handling',
     '2023-08-30 12:00', '2023-08-30 12:00', [], 'out_of_scope', null),
    ('d2', 1, 'national', '2023-08-31', 'N1', 'national:N1', 'national', '640104', 'closed',
     '2023-08-30 09:00', '2023-08-31 15:00', [], 'version', null),
    ('d2', 2, 'national', '2023-08-31', 'N1', 'national:N1', 'national', '640104', 'closed',
     '2023-08-30 09:00', '2023-08-31 15:00', [], 'same_as_before', null),
    ('d3', 1, 'petition', '2023-08-31', 'P1', 'petition:P1', 'petition', '640100', 'closed',
     '2023-08-31 00:00', '2023-08-31 18:00', [], 'version', null),
    ('d4', 1, 'regional', '2023-08-31', 'R1', 'regional:R1', 'direct', '640104', 'accepted',
     '2023-08-30 08:00', '2023-08-31 08:00', [], 'version', null);
create table core.ticket_versions as select * from core.known_rows where disposition = 'version';

create table core.ticket_state (ticket_id varchar, source varchar, channel varchar, division_code varchar,
    status varchar, is_open boolean, received_has_time boolean, closed_has_time boolean);
insert into core.ticket_state values
    ('hotline:GD1', 'hotline', 'hotline', '640104', 'handling', true, true, null),
    ('national:N1', 'national', 'national', '640104', 'closed', false, true, true),
    ('petition:P1', 'petition', 'petition', '640100', 'closed', false, false, false),
    ('regional:R1', 'regional', 'direct', '640104', 'accepted', true, true, null);

create table core.lead_of_ticket (ticket_id varchar, lead_id varchar);
insert into core.lead_of_ticket values
    ('hotline:GD1', 'L1'), ('national:N1', 'L1'), ('petition:P1', 'L2'), ('regional:R1', 'L3');
create table core.ticket_parties (ticket_id varchar, role varchar, id_number varchar, is_id_valid boolean);
insert into core.ticket_parties values
    ('hotline:GD1', 'claimant', 'valid-a', true), ('national:N1', 'claimant', 'VALID-A', true),
    ('petition:P1', 'claimant', 'valid-b', true), ('regional:R1', 'representative', 'valid-c', true);
create table core.ticket_events (ticket_id varchar, sequence integer, event varchar, occurred_at timestamp,
    occurred_on date);
insert into core.ticket_events values
    ('hotline:GD1', 1, 'received', '2023-08-30 10:00', '2023-08-30'),
    ('national:N1', 1, 'received', '2023-08-30 09:00', '2023-08-30'),
    ('national:N1', 2, 'closed', '2023-08-31 15:00', '2023-08-31'),
    ('petition:P1', 1, 'received', '2023-08-31 00:00', '2023-08-31'),
    ('petition:P1', 2, 'closed', '2023-08-31 00:00', '2023-08-31'),
    ('regional:R1', 1, 'received', '2023-08-30 08:00', '2023-08-30'),
    ('regional:R1', 2, 'accepted', '2023-08-31 08:00', '2023-08-31');

create table registry.active_members (ticket_id varchar, lead_id varchar);
-- national:N9 was made by a correction alone, which was taken back.
insert into registry.active_members values ('hotline:GD1', 'L1'), ('national:N1', 'L1'), ('national:N9', 'L8');
create table registry.known_undone_corrections (delivery_id varchar, row_no bigint);
insert into registry.known_undone_corrections values ('c9', null);
create table stage.rows (delivery_id varchar, row_no bigint, ticket_id varchar);
insert into stage.rows values ('c9', 1, 'national:N9');
create table registry.standing_judgements (ticket_a varchar, ticket_b varchar, verdict varchar);
insert into registry.standing_judgements values ('hotline:GD1', 'petition:P1', 'different');
create table registry.ledger_entries (basis varchar, subject_id varchar, flow varchar, booked_on date,
    channel varchar, quantity integer);
insert into registry.ledger_entries values ('ticket', 'hotline:GD1', 'received', '2023-08-30', 'hotline', 1);

create table clearance.tickets (ticket_id varchar, source varchar, channel varchar, ticket_no varchar, lead_id varchar,
    division_code varchar, received_at timestamp, due_at timestamp, closed_at timestamp, status varchar,
    is_open boolean, is_overdue boolean, recovered_fen bigint, employer varchar, claimant_masked varchar,
    person_key varchar, is_reply_owed boolean default false);
insert into clearance.tickets values
    ('hotline:GD1', 'hotline', 'hotline', 'GD1', 'L1', '640104', '2023-08-30 10:00', '2023-09-06 23:59:59', null,
     'handling', true, false, null, '宁夏某某建筑有限公司', '张*', 'aaaaaaaaaaaaaaaaaaaaaaaa', false),
    ('national:N1', 'national', 'national', 'N1', 'L1', '640104', '2023-08-30 09:00', null, '2023-08-31 15:00',
     'closed', false, false, 100000, '宁夏某某建筑有限公司', '张*', 'aaaaaaaaaaaaaaaaaaaaaaaa', false),
    ('petition:P1', 'petition', 'petition', 'P1', 'L2', '640100', '2023-08-31 00:00', null, '2023-08-31 00:00',
     'closed', false, false, 50000, null, '李*', null, false),
    ('regional:R1', 'regional', 'direct', 'R1', 'L3', '640104', '2023-08-30 08:00', '2023-08-30 23:59:59', null,
     'accepted', true, true, null, null, null, null, false);
create table clearance.leads (lead_id varchar, incident_id varchar, division_code varchar, channel varchar,
    first_received_at timestamp, ticket_count integer, open_tickets integer, status varchar, is_overdue boolean,
    closed_at timestamp, recovered_fen bigint);
insert into clearance.leads values
    ('L1', 'I1', '640104', 'national', '2023-08-30 09:00', 2, 1, 'open', false, null, null),
    ('L2', 'I2', '640100', 'petition', '2023-08-31 00:00', 1, 0, 'closed', false, '2023-08-31 00:00', 50000),
    ('L3', 'I1', '640104', 'direct', '2023-08-30 08:00', 1, 1, 'open', true, null, null);
create table clearance.incidents (incident_id varchar, lead_count integer, ticket_count integer, open_leads integer);
insert into clearance.incidents values ('I1', 2, 3, 2), ('I2', 1, 1, 0);
create table clearance.matches (ticket_a varchar, ticket_b varchar, lead_id varchar, is_joined boolean);
insert into clearance.matches values
    ('national:N1', 'hotline:GD1', 'L1', true), ('hotline:GD1', 'regional:R1', null, false);
create table clearance.clocks (ticket_id varchar, clock varchar, is_closing boolean, is_measurable boolean,
    starts_at timestamp, due_at timestamp, state varchar);
insert into clearance.clocks values
    ('hotline:GD1', 'closing', true, true, '2023-08-30 10:00', '2023-09-06 23:59:59', 'running'),
    ('hotline:GD1', 'dispatch', false, true, '2023-08-30 10:00', '2023-08-31 23:59:59', 'met'),
    ('national:N1', 'sign', false, false, null, null, 'not_measurable'),
    ('regional:R1', 'closing', true, true, '2023-08-30 08:00', '2023-08-30 23:59:59', 'overdue');
create table clearance.quarantine (source varchar, delivery_id varchar, row_no bigint, reason varchar,
    is_resolved boolean default false);
insert into clearance.quarantine values ('hotline', 'd1', 2, 'missing_ticket_no', false);
create table core.ticket_findings (ticket_id varchar, findings varchar[]);
insert into core.ticket_findings values ('national:N1', ['extended_repeatedly']);
create table clearance.sources as
select source, count(*) as rows_landed, count(*) filter (where disposition = 'version') as rows_version,
       count(*) filter (where disposition = 'same_as_before') as rows_same,
       count(*) filter (where disposition = 'out_of_scope') as rows_out_of_scope,
       count(*) filter (where disposition = 'quarantined') as rows_quarantined
from core.known_rows group by source;
create table clearance.indicators as
select basis, division_code, channel, count(*) as known, count(*) filter (where is_overdue) as overdue,
       count(*) filter (where is_overdue) as overdue_0_7, 0 as overdue_8_15, 0 as overdue_16_30, 0 as overdue_31_60,
       0 as overdue_over_60, count(*) filter (where is_reply_owed) as replies_owed
from (select 'ticket' as basis, division_code, channel, is_overdue, is_reply_owed from clearance.tickets
      union all select 'lead', division_code, channel, is_overdue, false from clearance.leads)
group by all;
create table clearance.campaign (business_date date, basis varchar, division_code varchar, channel varchar,
    stock_baseline integer, stock_cleared integer, stock_left integer, clearance_rate double, inflow integer,
    inflow_open integer);
insert into clearance.campaign values
    ('2023-08-31', 'ticket', '640104', 'hotline', 4, 1, 3, 0.25, 2, 1),
    ('2023-08-31', 'lead', '640104', 'hotline', null, null, null, null, null, null);
create table clearance.burn_down (day date, basis varchar, division_code varchar, channel varchar, stock_baseline integer,
    stock_left integer, stock_cleared integer, inflow_on_day integer, inflow integer, inflow_open integer);
insert into clearance.burn_down values
    ('2023-08-30', 'ticket', '640104', 'hotline', 4, 4, 0, 0, 0, 0),
    ('2023-08-31', 'ticket', '640104', 'hotline', 4, 3, 1, 2, 2, 1);

-- What happened: the receipt of regional:R1 and of its lead became known a day late, and is booked as a correction.
create temp table entries (basis varchar, occurred_on date, booked_on date, division_code varchar, channel varchar,
    flow varchar);
insert into entries values
    ('ticket', '2023-08-30', '2023-08-30', '640104', 'hotline', 'received'),
    ('ticket', '2023-08-30', '2023-08-30', '640104', 'national', 'received'),
    ('ticket', '2023-08-31', '2023-08-31', '640104', 'national', 'closed'),
    ('ticket', '2023-08-31', '2023-08-31', '640100', 'petition', 'received'),
    ('ticket', '2023-08-31', '2023-08-31', '640100', 'petition', 'closed'),
    ('ticket', '2023-08-30', '2023-08-31', '640104', 'direct', 'received'),
    ('lead', '2023-08-30', '2023-08-30', '640104', 'national', 'received'),
    ('lead', '2023-08-31', '2023-08-31', '640100', 'petition', 'received'),
    ('lead', '2023-08-31', '2023-08-31', '640100', 'petition', 'closed'),
    ('lead', '2023-08-30', '2023-08-31', '640104', 'direct', 'received');
create table clearance.corrections as
select booked_on, occurred_on, basis, flow, division_code, channel, 1 as quantity, 1 as effect, 'late row' as cause
from entries where booked_on <> occurred_on;
create table clearance.differences (occurred_on date, basis varchar, flow varchar, division_code varchar,
    channel varchar, quantity integer, effect integer);
create temp table cells as
select unnest([date '2023-08-30', date '2023-08-31']) as business_date, basis, division_code, channel
from (values ('ticket'), ('lead')) as b(basis)
cross join clearance.divisions
cross join (values ('national'), ('regional'), ('supervised'), ('direct'), ('petition'), ('hotline'), ('cyberspace'))
    as c(channel);
