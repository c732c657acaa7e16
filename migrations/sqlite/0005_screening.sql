-- The screen list (骚扰来电屏蔽名单): who hears a prompt instead of an agent, for how long, by whose decision, and that it is
-- looked at every week. Nothing is deleted: an entry that is taken off keeps its evidence.

create table screening (
    id           blob not null primary key,
    centre       text not null,
    number       text not null,
    reason       text not null,
    set_at       integer not null,
    until        integer not null,
    set_by       blob not null,
    set_as       text not null check (set_as in ('team_leader', 'supervisor')),
    calls        integer not null,
    last_call_at integer,
    reviewed_at  integer,
    reviewed_by  blob,
    review       text not null,
    ended_at     integer,
    ended_by     blob
) strict;
create unique index screening_of_number on screening (centre, number) where ended_at is null;
create index screening_by_time on screening (centre, until);
