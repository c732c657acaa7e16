-- The rate controller: its memory, and every lever that was advised, pulled or undone, with reason and effect.

create table rate_controller (
    centre      text not null primary key references centre (centre),
    state       text not null,
    updated_at  integer not null
) strict;

create table lever_decision (
    centre   text not null references centre (centre),
    at       integer not null,
    lever    text not null,
    what     text not null,
    by_whom  text not null,
    reason   text not null,
    body     text not null,
    primary key (centre, at, lever, what)
) strict;

create trigger lever_decision_is_never_changed before update on lever_decision
begin
    select raise(abort, 'the record of levers is append-only');
end;
