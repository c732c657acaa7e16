-- The screen list (骚扰来电屏蔽名单): who hears a prompt instead of an agent, for how long, by whose decision, and that it is
-- looked at every week. Nothing is deleted: an entry that is taken off keeps its evidence. The same as sqlite/0005_screening.sql.

create table screening (
    id           uuid not null primary key,
    centre       text not null,
    number       text not null,
    reason       text not null,
    set_at       timestamptz not null,
    until        timestamptz not null,
    set_by       uuid not null,
    set_as       text not null check (set_as in ('team_leader', 'supervisor')),
    calls        bigint not null,
    last_call_at timestamptz,
    reviewed_at  timestamptz,
    reviewed_by  uuid,
    review       text not null,
    ended_at     timestamptz,
    ended_by     uuid
);
create unique index screening_of_number on screening (centre, number) where ended_at is null;
create index screening_by_time on screening (centre, until);
