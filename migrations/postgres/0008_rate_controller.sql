-- The rate controller: its memory, and every lever that was advised, pulled or undone, with reason and effect.
-- The same tables and columns as sqlite/0008_rate_controller.sql.

create table rate_controller (
    centre      text not null primary key references centre (centre),
    state       text not null,
    updated_at  timestamptz not null
);

create table lever_decision (
    centre   text not null references centre (centre),
    at       timestamptz not null,
    lever    text not null,
    what     text not null,
    by_whom  text not null,
    reason   text not null,
    body     text not null,
    primary key (centre, at, lever, what)
);

create function lever_decision_is_never_changed() returns trigger language plpgsql as $$
begin
    raise exception 'the record of levers is append-only';
end $$;
create trigger lever_decision_is_never_changed before update on lever_decision
    for each row execute function lever_decision_is_never_changed();
