-- Calls, offers, agents' states, recordings, missed-call returns, and the journal's events they come from.
-- Written by the journal's shipper alone (recording readings and returns aside). No foreign key to people:
-- what happened on the lines is kept whether or not an account still exists.

-- How far each journal has been shipped; moves in the transaction that stores the events.
create table journal_position (
    journal     uuid not null primary key,
    centre      text not null,
    shipped     bigint not null,
    shipped_at  timestamptz not null
);

-- Append-only: the source of every reported figure.
create table acd_event (
    journal  uuid not null,
    entry    bigint not null,
    item     bigint not null,
    centre   text not null,
    at       timestamptz not null,
    kind     text not null,
    call     uuid,
    agent    uuid,
    body     jsonb not null,
    primary key (journal, entry, item)
);
create index acd_event_by_time on acd_event (centre, at);
create index acd_event_by_call on acd_event (call) where call is not null;

create function acd_event_is_never_changed() returns trigger language plpgsql as $$
begin
    raise exception 'events are append-only';
end $$;
create trigger acd_event_is_never_changed before update on acd_event
    for each row execute function acd_event_is_never_changed();

create table call (
    id           uuid not null primary key,
    centre       text not null,
    direction    text not null check (direction in ('inbound', 'outbound')),
    gateway      text,
    trunk        text,
    sip_call_id  text,
    party        text,
    dialled      text not null,
    purpose      text,
    priority     bigint not null,
    arrived_at   timestamptz not null,
    rang_at      timestamptz not null,
    answered_at  timestamptz,
    ended_at     timestamptz,
    wait_us      bigint,
    talked_us    bigint,
    agent        uuid,
    state        text not null check (state in ('waiting', 'ringing', 'talking', 'held', 'ended')),
    open_offers  bigint not null,
    outcome      text check (outcome in ('answered', 'abandoned', 'failed')),
    end_cause    text,
    guard        text not null,
    breach       jsonb
);
create index call_by_time on call (centre, rang_at);
create index call_open on call (centre) where state <> 'ended';
create index call_by_party on call (centre, party, rang_at) where party is not null;
create index call_by_agent on call (centre, agent, rang_at) where agent is not null;

create table offer_log (
    leg         uuid not null primary key,
    centre      text not null,
    call        uuid not null,
    agent       uuid not null,
    step        text not null,
    offered_at  timestamptz not null,
    rang_at     timestamptz,
    ended_at    timestamptz,
    outcome     text check (outcome in ('answered', 'lapsed', 'refused', 'failed', 'withdrawn')),
    cause       text
);
create index offer_by_agent on offer_log (centre, agent, offered_at);
create index offer_by_call on offer_log (call);

create table agent_state_log (
    journal     uuid not null,
    entry       bigint not null,
    item        bigint not null,
    centre      text not null,
    agent       uuid not null,
    at          timestamptz not null,
    from_state  text not null,
    to_state    text not null,
    reason      text,
    cause       text not null,
    primary key (journal, entry, item)
);
create index agent_state_by_agent on agent_state_log (centre, agent, at);

create table recording (
    id           uuid not null primary key,
    centre       text not null,
    call         uuid not null,
    gateway      text not null,
    file         text not null,
    started_at   timestamptz not null,
    duration_ms  bigint not null,
    bytes        bigint not null,
    stored_at    timestamptz not null
);
create index recording_by_call on recording (call);

-- 漏接回拨: one duty per number and day (R24); `call` is the first missed call of it.
create table missed_call_return (
    call         uuid not null primary key,
    centre       text not null,
    caller       text not null,
    local_day    text not null,
    cause        text not null,
    owed_at      timestamptz not null,
    missed       bigint not null,
    last_call    uuid not null,
    last_at      timestamptz not null,
    state        text not null check (state in ('open', 'returned', 'redialled', 'given_up')),
    done_at      timestamptz,
    done_by      uuid,
    done_call    uuid,
    note         text not null,
    unique (centre, caller, local_day)
);
create index missed_call_return_open on missed_call_return (centre, owed_at) where state = 'open';
