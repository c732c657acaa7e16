-- What was found, planned and shown stays what it was; which missed calls stand behind a duty.

-- 拨测 (K4): a finding is handed in once.
create function dial_attempts_are_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'findings of dial tests are append-only';
end $$;
create trigger dial_attempts_are_never_changed before update or delete on dial_attempt
    for each row execute function dial_attempts_are_append_only();

-- The hours in which the limit of K12 ran when these figures were taken; null: 08:00 to 20:00.
alter table shown_figures add column daytime jsonb;

-- The spells of a duty whose template was changed after its day had begun; its meals are kept with them.
alter table roster_entry add column spells jsonb;

-- The missed calls behind each duty: one that turns out to live is taken out of it.
create table missed_call (
    call       uuid not null,
    local_day  text not null,
    centre     text not null,
    caller     text not null,
    owed_at    timestamptz not null,
    primary key (call, local_day)
);
insert into missed_call (call, local_day, centre, caller, owed_at)
    select call, local_day, centre, caller, owed_at from missed_call_return where missed > 0;
insert into missed_call (call, local_day, centre, caller, owed_at)
    select last_call, local_day, centre, caller, last_at from missed_call_return
    where missed > 0 and last_call <> call on conflict (call, local_day) do nothing;
