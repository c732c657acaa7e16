-- 排班与预测: what days brought, what was forecast for them, who is on duty when (domain 11.1).

-- Calls of a day that is over, by the half-hour they rang in, counted from the tables of calls and agents' states.
-- Counted again while late events may arrive; every figure in it can be counted anew at any time.
create table call_day (
    centre      text not null references centre (centre),
    day         text not null,
    calls       text not null,
    handling    text not null,
    counted_at  integer not null,
    primary key (centre, day)
) strict;

-- What makes people call more on a day than the day itself would: at most one of a kind a day.
create table event_day (
    centre           text not null references centre (centre),
    day              text not null,
    kind             text not null check (kind in
        ('storm', 'outage', 'epidemic', 'heating_start', 'school_enrolment', 'policy_release')),
    first_half_hour  integer not null check (first_half_hour between 0 and 47),
    last_half_hour   integer not null check (last_half_hour between first_half_hour and 47),
    factor_percent   integer check (factor_percent between 1 and 500),
    source           text not null,
    noted_at         integer not null,
    noted_by         text not null,
    primary key (centre, day, kind)
) strict;

-- Forecasts as they were made, never changed but for the error that the day showed.
create table day_forecast (
    centre     text not null references centre (centre),
    day        text not null,
    made_at    integer not null,
    calls      text not null,
    basis      text not null,
    error      text,
    judged_at  integer,
    primary key (centre, day, made_at)
) strict;
create index day_forecast_by_time on day_forecast (centre, made_at);

create table shift_template (
    centre      text not null references centre (centre),
    code        text not null,
    name        text not null,
    spells      text not null,
    meals       text not null,
    version     integer not null,
    updated_at  integer not null,
    updated_by  text not null,
    retired_at  integer,
    primary key (centre, code)
) strict;

-- One shift of an agent on a day; its meals are the template's until they are staggered.
create table roster_entry (
    centre  text not null,
    agent   blob not null references user_account (id),
    day     text not null,
    shift   text not null,
    meals   text,
    set_at  integer not null,
    set_by  text not null,
    primary key (centre, agent, day),
    foreign key (centre, shift) references shift_template (centre, code)
) strict;
create index roster_entry_by_day on roster_entry (centre, day);

-- All agents of a day, for wrap-up and adherence.
create index agent_state_by_time on agent_state_log (centre, at);
