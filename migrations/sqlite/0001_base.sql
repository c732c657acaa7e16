-- Centres, units, people, sessions, the lease, the audit trail, the outbox, jobs, settings.
-- Instants are INTEGER microseconds since 1970 UTC, ids 16-byte BLOBs. Every table names its centre.

create table centre (
    centre      text not null primary key,
    name        text not null,
    created_at  integer not null
) strict;

create table unit (
    centre      text not null references centre (centre),
    code        text not null,
    name        text not null,
    short_name  text not null,
    kind        text not null check (kind in ('department', 'company', 'town')),
    parent      text,
    position    integer not null,
    primary key (centre, code)
) strict;

create table user_account (
    id            blob not null primary key,
    centre        text not null references centre (centre),
    username      text not null,
    display_name  text not null,
    staff_no      text not null,
    unit          text,
    password_hash text not null,
    outsourced    integer not null,
    reserve       integer not null,
    created_at    integer not null,
    disabled_at   integer,
    unique (centre, username),
    foreign key (centre, unit) references unit (centre, code)
) strict;

create table user_role (
    centre   text not null,
    user_id  blob not null references user_account (id),
    role     text not null,
    primary key (user_id, role)
) strict;

create table user_skill (
    centre   text not null,
    user_id  blob not null references user_account (id),
    skill    text not null,
    level    integer not null check (level between 1 and 100),
    primary key (user_id, skill)
) strict;

create table session (
    id            blob not null primary key,
    centre        text not null,
    user_id       blob not null references user_account (id),
    kind          text not null check (kind in ('browser', 'machine')),
    token_hash    text not null unique,
    label         text not null,
    source        text not null,
    created_at    integer not null,
    last_seen_at  integer not null,
    expires_at    integer not null,
    ended_at      integer
) strict;
create index session_by_user on session (user_id, ended_at);
create index session_by_expiry on session (expires_at);

create table sign_in_failure (
    centre        text not null,
    username      text not null,
    source        text not null,
    failures      integer not null,
    last_at       integer not null,
    locked_until  integer,
    primary key (centre, username, source)
) strict;

create table lease (
    centre      text not null primary key,
    holder      text not null,
    fencing     integer not null,
    expires_at  integer not null
) strict;

create table audit (
    id            blob not null primary key,
    centre        text not null,
    at            integer not null,
    user_id       blob,
    actor         text not null,
    source        text not null,
    action        text not null,
    subject_kind  text not null,
    subject       text not null,
    value_from    text,
    value_to      text,
    note          text not null
) strict;
create index audit_by_time on audit (centre, at);
create index audit_by_subject on audit (centre, subject_kind, subject);

create trigger audit_is_never_changed before update on audit
begin
    select raise(abort, 'the audit trail is append-only');
end;
create trigger audit_is_never_deleted before delete on audit
begin
    select raise(abort, 'the audit trail is append-only');
end;

create table outbox (
    seq         integer not null primary key autoincrement,
    centre      text not null,
    topic       text not null,
    payload     text not null,
    created_at  integer not null,
    relayed_at  integer
) strict;
create index outbox_open on outbox (seq) where relayed_at is null;

create table job (
    id             blob not null primary key,
    centre         text not null,
    kind           text not null,
    key            text not null,
    payload        text not null,
    due_at         integer not null,
    created_at     integer not null,
    attempts       integer not null,
    claimed_by     text,
    claimed_until  integer,
    last_error     text,
    done_at        integer,
    failed_at      integer
) strict;
create index job_due on job (due_at) where done_at is null and failed_at is null;
create unique index job_open_once on job (centre, kind, key) where done_at is null and failed_at is null;

create table setting (
    centre      text not null,
    key         text not null,
    value       text not null,
    version     integer not null,
    updated_at  integer not null,
    updated_by  text not null,
    primary key (centre, key)
) strict;

-- Taxonomy, calendar and the like as the files they came from; the newest version of a kind is in force.
create table reference_data (
    centre      text not null,
    kind        text not null,
    version     integer not null,
    content     text not null,
    loaded_at   integer not null,
    loaded_by   text not null,
    primary key (centre, kind, version)
) strict;
