-- What was found, planned and shown stays what it was; which missed calls stand behind a duty.

-- 拨测 (K4): a finding is handed in once.
create trigger dial_attempts_are_never_changed before update on dial_attempt
begin
    select raise(abort, 'findings of dial tests are append-only');
end;
create trigger dial_attempts_are_never_deleted before delete on dial_attempt
begin
    select raise(abort, 'findings of dial tests are append-only');
end;

-- The hours in which the limit of K12 ran when these figures were taken; null: 08:00 to 20:00.
alter table shown_figures add column daytime text;

-- The spells of a duty whose template was changed after its day had begun; its meals are kept with them.
alter table roster_entry add column spells text;

-- The missed calls behind each duty: one that turns out to live is taken out of it.
create table missed_call (
    call       blob not null,
    local_day  text not null,
    centre     text not null,
    caller     text not null,
    owed_at    integer not null,
    primary key (call, local_day)
) strict;
insert into missed_call (call, local_day, centre, caller, owed_at)
    select call, local_day, centre, caller, owed_at from missed_call_return where missed > 0;
insert into missed_call (call, local_day, centre, caller, owed_at)
    select last_call, local_day, centre, caller, last_at from missed_call_return
    where missed > 0 and last_call <> call on conflict (call, local_day) do nothing;
