-- Calls, offers, agents' states, recordings, missed-call returns, and the journal's events they come from.
-- Written by the journal's shipper alone (recording readings and returns aside). No foreign key to people:
-- what happened on the lines is kept whether or not an account still exists.

-- How far each journal has been shipped; moves in the transaction that stores the events.
create table journal_position (
    journal     blob not null primary key,
    centre      text not null,
    shipped     integer not null,
    shipped_at  integer not null
) strict;

-- Append-only: the source of every reported figure.
create table acd_event (
    journal  blob not null,
    entry    integer not null,
    item     integer not null,
    centre   text not null,
    at       integer not null,
    kind     text not null,
    call     blob,
    agent    blob,
    body     text not null,
    primary key (journal, entry, item)
) strict;
create index acd_event_by_time on acd_event (centre, at);
create index acd_event_by_call on acd_event (call) where call is not null;

create trigger acd_event_is_never_changed before update on acd_event
begin
    select raise(abort, 'events are append-only');
end;

create table call (
    id           blob not null primary key,
    centre       text not null,
    direction    text not null check (direction in ('inbound', 'outbound')),
    gateway      text,
    trunk        text,
    sip_call_id  text,
    party        text,
    dialled      text not null,
    purpose      text,
    priority     integer not null,
    arrived_at   integer not null,
    rang_at      integer not null,
    answered_at  integer,
    ended_at     integer,
    wait_us      integer,
    talked_us    integer,
    agent        blob,
    state        text not null check (state in ('waiting', 'ringing', 'talking', 'held', 'ended')),
    open_offers  integer not null,
    outcome      text check (outcome in ('answered', 'abandoned', 'failed')),
    end_cause    text,
    guard        text not null,
    breach       text
) strict;
create index call_by_time on call (centre, rang_at);
create index call_open on call (centre) where state <> 'ended';
create index call_by_party on call (centre, party, rang_at) where party is not null;
create index call_by_agent on call (centre, agent, rang_at) where agent is not null;

create table offer_log (
    leg         blob not null primary key,
    centre      text not null,
    call        blob not null,
    agent       blob not null,
    step        text not null,
    offered_at  integer not null,
    rang_at     integer,
    ended_at    integer,
    outcome     text check (outcome in ('answered', 'lapsed', 'refused', 'failed', 'withdrawn')),
    cause       text
) strict;
create index offer_by_agent on offer_log (centre, agent, offered_at);
create index offer_by_call on offer_log (call);

create table agent_state_log (
    journal     blob not null,
    entry       integer not null,
    item        integer not null,
    centre      text not null,
    agent       blob not null,
    at          integer not null,
    from_state  text not null,
    to_state    text not null,
    reason      text,
    cause       text not null,
    primary key (journal, entry, item)
) strict;
create index agent_state_by_agent on agent_state_log (centre, agent, at);

create table recording (
    id           blob not null primary key,
    centre       text not null,
    call         blob not null,
    gateway      text not null,
    file         text not null,
    started_at   integer not null,
    duration_ms  integer not null,
    bytes        integer not null,
    stored_at    integer not null
) strict;
create index recording_by_call on recording (call);

-- 漏接回拨: one duty per number and day (R24); `call` is the first missed call of it.
create table missed_call_return (
    call         blob not null primary key,
    centre       text not null,
    caller       text not null,
    local_day    text not null,
    cause        text not null,
    owed_at      integer not null,
    missed       integer not null,
    last_call    blob not null,
    last_at      integer not null,
    state        text not null check (state in ('open', 'returned', 'redialled', 'given_up')),
    done_at      integer,
    done_by      blob,
    done_call    blob,
    note         text not null,
    unique (centre, caller, local_day)
) strict;
create index missed_call_return_open on missed_call_return (centre, owed_at) where state = 'open';
