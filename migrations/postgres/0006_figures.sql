-- Figures that were shown, exclusion events with two signatures, findings of dial tests.

-- Each report and export with the event number it was taken at. Append-only: what has changed since gets
-- a correction beside it. `events` is {journal: entry}; `totals` holds the lines of the whole period.
create table shown_figures (
    id        uuid not null primary key,
    centre    text not null,
    kind      text not null check (kind in ('look', 'export')),
    from_at   timestamptz not null,
    until_at  timestamptz not null,
    events    jsonb not null,
    at        timestamptz not null,
    shown_by  uuid not null,
    digest    text not null,
    totals    jsonb not null
);
create index shown_figures_by_period on shown_figures (centre, from_at, until_at, at);

create function shown_figures_are_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'shown figures are append-only';
end $$;
create trigger shown_figures_are_never_changed before update or delete on shown_figures
    for each row execute function shown_figures_are_append_only();

-- 剔除事件: takes nothing out of any figure; one approved by a second person gives a marked figure beside
-- the raw one. Never deleted.
create table exclusion (
    centre       text not null,
    number       bigint not null,
    kind         text not null check (kind in ('sudden_event', 'system_fault', 'demand_above_capacity')),
    what         text not null,
    from_at      timestamptz not null,
    until_at     timestamptz not null,
    proposed_by  uuid not null,
    proposed_at  timestamptz not null,
    approved_by  uuid,
    approved_at  timestamptz,
    revoked_by   uuid,
    revoked_at   timestamptz,
    note         text not null,
    primary key (centre, number),
    check (approved_by is null or approved_by <> proposed_by)
);

create function exclusion_is_never_deleted() returns trigger language plpgsql as $$
begin
    raise exception 'exclusions are never deleted';
end $$;
create trigger exclusion_is_never_deleted before delete on exclusion
    for each row execute function exclusion_is_never_deleted();

-- 拨测: an inspector's attempts as they were found (K4).
create table dial_attempt (
    centre       text not null,
    batch        text not null,
    number       bigint not null,
    dialled      text not null,
    dialled_at   timestamptz not null,
    outcome      text not null check (outcome in
        ('connected', 'wrong_unit', 'hung_up', 'no_answer', 'busy', 'empty_number')),
    wait_us      bigint,
    call         uuid,
    recorded_at  timestamptz not null,
    recorded_by  uuid not null,
    primary key (centre, batch, number)
);
create index dial_attempt_by_time on dial_attempt (centre, dialled_at);
