-- 排班与预测: what days brought, what was forecast for them, who is on duty when (domain 11.1).
-- The same tables and columns as sqlite/0007_staffing.sql.

-- Calls of a day that is over, by the half-hour they rang in, counted from the tables of calls and agents' states.
-- Counted again while late events may arrive; every figure in it can be counted anew at any time.
create table call_day (
    centre      text not null references centre (centre),
    day         date not null,
    calls       jsonb not null,
    handling    jsonb not null,
    counted_at  timestamptz not null,
    primary key (centre, day)
);

-- What makes people call more on a day than the day itself would: at most one of a kind a day.
create table event_day (
    centre           text not null references centre (centre),
    day              date not null,
    kind             text not null check (kind in
        ('storm', 'outage', 'epidemic', 'heating_start', 'school_enrolment', 'policy_release')),
    first_half_hour  integer not null check (first_half_hour between 0 and 47),
    last_half_hour   integer not null check (last_half_hour between first_half_hour and 47),
    factor_percent   integer check (factor_percent between 1 and 500),
    source           text not null,
    noted_at         timestamptz not null,
    noted_by         text not null,
    primary key (centre, day, kind)
);

-- Forecasts as they were made, never changed but for the error that the day showed.
create table day_forecast (
    centre     text not null references centre (centre),
    day        date not null,
    made_at    timestamptz not null,
    calls      jsonb not null,
    basis      jsonb not null,
    error      jsonb,
    judged_at  timestamptz,
    primary key (centre, day, made_at)
);
create index day_forecast_by_time on day_forecast (centre, made_at);

create table shift_template (
    centre      text not null references centre (centre),
    code        text not null,
    name        text not null,
    spells      jsonb not null,
    meals       jsonb not null,
    version     bigint not null,
    updated_at  timestamptz not null,
    updated_by  text not null,
    retired_at  timestamptz,
    primary key (centre, code)
);

-- One shift of an agent on a day; its meals are the template's until they are staggered.
create table roster_entry (
    centre  text not null,
    agent   uuid not null references user_account (id),
    day     date not null,
    shift   text not null,
    meals   jsonb,
    set_at  timestamptz not null,
    set_by  text not null,
    primary key (centre, agent, day),
    foreign key (centre, shift) references shift_template (centre, code)
);
create index roster_entry_by_day on roster_entry (centre, day);

-- All agents of a day, for wrap-up and adherence.
create index agent_state_by_time on agent_state_log (centre, at);
