-- The same tables and columns as sqlite/0003_work_orders.sql. `data` is the folded aggregate; the events are the
-- truth it is folded from. The other columns are what lists are filtered and sorted by.

create table work_order (
    id                uuid not null primary key,
    centre            text not null references centre (centre),
    order_no          text not null,
    query_code        text not null,
    version           bigint not null,
    state             text not null check (state in ('draft', 'accepted', 'dispatched', 'in_progress', 'replied', 'follow_up_pending', 'closed', 'rejected')),
    channel           text not null,
    demand_type       text,
    category          text,
    urgency           text not null check (urgency in ('normal', 'urgent', 'critical')),
    confidential      boolean not null,
    town              text,
    title             text not null,
    petitioner_name   text not null,
    petitioner_phone  text,
    call_id           uuid,
    lead_unit         text,
    awaiting_approval boolean not null,
    opened_at         timestamptz not null,
    opened_by         uuid not null references user_account (id),
    accepted_at       timestamptz,
    next_clock        text,
    next_due_at       timestamptz,
    due_at            timestamptz,
    feedback_state    text not null check (feedback_state in ('none', 'open', 'met', 'missed', 'exempt', 'cancelled')),
    feedback_opened_at timestamptz,
    feedback_due_at   timestamptz,
    feedback_at       timestamptz,
    closed_at         timestamptz,
    data              jsonb not null,
    unique (centre, order_no)
);
create index work_order_by_state on work_order (centre, state, next_due_at, id);
create index work_order_by_unit on work_order (centre, lead_unit, state, next_due_at, id);
create index work_order_by_opener on work_order (centre, opened_by, id);
create index work_order_by_phone on work_order (centre, petitioner_phone, id);
create index work_order_by_feedback on work_order (centre, feedback_state, feedback_due_at, id);
create index work_order_by_call on work_order (call_id);

create table work_order_event (
    centre      text not null,
    work_order  uuid not null references work_order (id),
    number      bigint not null,
    at          timestamptz not null,
    user_id     uuid,
    kind        text not null,
    state_from  text,
    state_to    text not null,
    note        text not null,
    data        jsonb not null,
    primary key (work_order, number)
);
create index work_order_event_by_time on work_order_event (centre, at);

create function work_order_event_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'events of a work order are append-only';
end
$$;
create trigger work_order_event_is_never_changed before update or delete on work_order_event
    for each row execute function work_order_event_is_append_only();

create table order_number (
    centre  text not null,
    day     text not null,
    last    bigint not null,
    primary key (centre, day)
);
