-- 漏接回拨 as a work list (K12): when each duty is due, how often its number was rung in vain, who is at it.

alter table missed_call_return add column due_at timestamptz not null default 'epoch';
-- A settlement of it came after its limit.
alter table missed_call_return add column late boolean not null default false;
alter table missed_call_return add column attempts bigint not null default 0;
alter table missed_call_return add column tried_at timestamptz;
-- Not before; null: at once.
alter table missed_call_return add column next_at timestamptz;
alter table missed_call_return add column claimed_by uuid;
alter table missed_call_return add column claim_until timestamptz;
update missed_call_return set due_at = owed_at + interval '2 hours';
create index missed_call_return_by_day on missed_call_return (centre, local_day);

-- Numbers of elderly callers, who are called back before others; noted by whoever talked with them.
create table elder_caller (
    centre    text not null,
    number    text not null,
    noted_at  timestamptz not null,
    noted_by  text not null,
    primary key (centre, number)
);
