-- Work orders, their events, the day's numbering. `data` is the folded aggregate; the events are the
-- truth it is folded from. The other columns are what lists are filtered and sorted by.

create table work_order (
    id                blob not null primary key,
    centre            text not null references centre (centre),
    order_no          text not null,
    query_code        text not null,
    version           integer not null,
    state             text not null check (state in ('draft', 'accepted', 'dispatched', 'in_progress', 'replied', 'follow_up_pending', 'closed', 'rejected')),
    channel           text not null,
    demand_type       text,
    category          text,
    urgency           text not null check (urgency in ('normal', 'urgent', 'critical')),
    confidential      integer not null,
    town              text,
    title             text not null,
    petitioner_name   text not null,
    petitioner_phone  text,
    call_id           blob,
    lead_unit         text,
    awaiting_approval integer not null,
    opened_at         integer not null,
    opened_by         blob not null references user_account (id),
    accepted_at       integer,
    next_clock        text,
    next_due_at       integer,
    due_at            integer,
    feedback_state    text not null check (feedback_state in ('none', 'open', 'met', 'missed', 'exempt', 'cancelled')),
    feedback_opened_at integer,
    feedback_due_at   integer,
    feedback_at       integer,
    closed_at         integer,
    data              text not null,
    unique (centre, order_no)
) strict;
create index work_order_by_state on work_order (centre, state, next_due_at, id);
create index work_order_by_unit on work_order (centre, lead_unit, state, next_due_at, id);
create index work_order_by_opener on work_order (centre, opened_by, id);
create index work_order_by_phone on work_order (centre, petitioner_phone, id);
create index work_order_by_feedback on work_order (centre, feedback_state, feedback_due_at, id);
create index work_order_by_call on work_order (call_id);

create table work_order_event (
    centre      text not null,
    work_order  blob not null references work_order (id),
    number      integer not null,
    at          integer not null,
    user_id     blob,
    kind        text not null,
    state_from  text,
    state_to    text not null,
    note        text not null,
    data        text not null,
    primary key (work_order, number)
) strict;
create index work_order_event_by_time on work_order_event (centre, at);

create trigger work_order_event_is_never_changed before update on work_order_event
begin
    select raise(abort, 'events of a work order are append-only');
end;
create trigger work_order_event_is_never_deleted before delete on work_order_event
begin
    select raise(abort, 'events of a work order are append-only');
end;

create table order_number (
    centre  text not null,
    day     text not null,
    last    integer not null,
    primary key (centre, day)
) strict;
