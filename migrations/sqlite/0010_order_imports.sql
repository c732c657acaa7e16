-- Orders taken over from another system (D21): how far each file has come, which order each foreign number became,
-- which lines were refused and why. The same tables and columns as postgres/0010_order_imports.sql.

create table import_run (
    centre      text not null references centre (centre),
    system      text not null,
    file_hash   text not null,
    file_name   text not null,
    done_bytes  integer not null,
    done_line   integer not null,
    accepted    integer not null,
    already     integer not null,
    rejected    integer not null,
    begun_by    blob not null references user_account (id),
    begun_at    integer not null,
    finished_at integer,
    primary key (centre, system, file_hash)
) strict;

create table imported_order (
    centre      text not null references centre (centre),
    system      text not null,
    external_no text not null,
    work_order  blob not null references work_order (id),
    file_hash   text not null,
    line        integer not null,
    primary key (centre, system, external_no)
) strict;
create index imported_order_by_order on imported_order (work_order);

create table import_rejection (
    centre      text not null references centre (centre),
    system      text not null,
    file_hash   text not null,
    line        integer not null,
    external_no text not null,
    reason      text not null,
    primary key (centre, system, file_hash, line)
) strict;
