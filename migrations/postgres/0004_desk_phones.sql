-- Desk phones: what lets one register by digest (RFC 8760). Hashes only; the password was shown once.
-- The same tables and columns as sqlite/0004_desk_phones.sql.

create table desk_phone (
    user_id     uuid not null primary key references user_account (id),
    centre      text not null references centre (centre),
    realm       text not null,
    ha1_md5     text not null,
    ha1_sha256  text not null,
    issued_at   timestamptz not null,
    issued_by   text not null
);
