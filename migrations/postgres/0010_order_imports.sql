-- Orders taken over from another system (D21): how far each file has come, which order each foreign number became,
-- which lines were refused and why. The same tables and columns as sqlite/0010_order_imports.sql.

create table import_run (
    centre      text not null references centre (centre),
    system      text not null,
    file_hash   text not null,
    file_name   text not null,
    done_bytes  bigint not null,
    done_line   bigint not null,
    accepted    bigint not null,
    already     bigint not null,
    rejected    bigint not null,
    begun_by    uuid not null references user_account (id),
    begun_at    timestamptz not null,
    finished_at timestamptz,
    primary key (centre, system, file_hash)
);

create table imported_order (
    centre      text not null references centre (centre),
    system      text not null,
    external_no text not null,
    work_order  uuid not null references work_order (id),
    file_hash   text not null,
    line        bigint not null,
    primary key (centre, system, external_no)
);
create index imported_order_by_order on imported_order (work_order);

create table import_rejection (
    centre      text not null references centre (centre),
    system      text not null,
    file_hash   text not null,
    line        bigint not null,
    external_no text not null,
    reason      text not null,
    primary key (centre, system, file_hash, line)
);
