-- Figures that were shown, exclusion events with two signatures, findings of dial tests.

-- Each report and export with the event number it was taken at. Append-only: what has changed since gets
-- a correction beside it. `events` is {journal: entry}; `totals` holds the lines of the whole period.
create table shown_figures (
    id        blob not null primary key,
    centre    text not null,
    kind      text not null check (kind in ('look', 'export')),
    from_at   integer not null,
    until_at  integer not null,
    events    text not null,
    at        integer not null,
    shown_by  blob not null,
    digest    text not null,
    totals    text not null
) strict;
create index shown_figures_by_period on shown_figures (centre, from_at, until_at, at);

create trigger shown_figures_are_never_changed before update on shown_figures
begin
    select raise(abort, 'shown figures are append-only');
end;
create trigger shown_figures_are_never_deleted before delete on shown_figures
begin
    select raise(abort, 'shown figures are append-only');
end;

-- 剔除事件: takes nothing out of any figure; one approved by a second person gives a marked figure beside
-- the raw one. Never deleted.
create table exclusion (
    centre       text not null,
    number       integer not null,
    kind         text not null check (kind in ('sudden_event', 'system_fault', 'demand_above_capacity')),
    what         text not null,
    from_at      integer not null,
    until_at     integer not null,
    proposed_by  blob not null,
    proposed_at  integer not null,
    approved_by  blob,
    approved_at  integer,
    revoked_by   blob,
    revoked_at   integer,
    note         text not null,
    primary key (centre, number),
    check (approved_by is null or approved_by <> proposed_by)
) strict;

create trigger exclusion_is_never_deleted before delete on exclusion
begin
    select raise(abort, 'exclusions are never deleted');
end;

-- 拨测: an inspector's attempts as they were found (K4).
create table dial_attempt (
    centre       text not null,
    batch        text not null,
    number       integer not null,
    dialled      text not null,
    dialled_at   integer not null,
    outcome      text not null check (outcome in
        ('connected', 'wrong_unit', 'hung_up', 'no_answer', 'busy', 'empty_number')),
    wait_us      integer,
    call         blob,
    recorded_at  integer not null,
    recorded_by  blob not null,
    primary key (centre, batch, number)
) strict;
create index dial_attempt_by_time on dial_attempt (centre, dialled_at);
