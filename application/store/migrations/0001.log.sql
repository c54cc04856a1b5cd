-- The log: every fact, in one order, for ever. Durable; everything in "views" can be made again.

create schema log;

-- Transaction ids start over when a dump is restored into a new cluster: positions must not.
create table log.clock (
    xid_base bigint not null,
    only_row boolean primary key default true check (only_row)
);
insert into log.clock (xid_base) values (0);

-- The position of the n-th fact of this transaction. Order without a lock: a transaction's id is
-- higher than that of every transaction that finished before it started.
create function log.position(ordinal integer) returns bigint language sql volatile as $$
    select (((select xid_base from log.clock) + pg_current_xact_id()::text::bigint) << 20) + ordinal
$$;

-- Everything below it is finished and will never change; everything later is at or above it.
create function log.horizon() returns bigint language sql stable as $$
    select ((select xid_base from log.clock)
            + pg_snapshot_xmin(pg_current_snapshot())::text::bigint) << 20
$$;

-- How long the oldest write still open has held every reader back, in seconds. As the owner: the
-- application's role does not see other sessions' transactions.
create function log.held_back_seconds() returns double precision
    language sql volatile security definer set search_path = pg_catalog as $$
    select coalesce(extract(epoch from max(clock_timestamp() - xact_start)), 0)::double precision
    from pg_stat_activity where backend_xid is not null and pid <> pg_backend_pid()
$$;

create table log.events (
    id bigint not null,
    stream_id uuid not null,
    version integer not null,
    name text not null,
    state text not null,
    recorded_at timestamptz not null default clock_timestamp(),
    primary key (stream_id, version)
);
create unique index events_in_order on log.events (id);

-- One row for each retried request that was answered, in the transaction of its facts.
create table log.idempotency (
    principal text not null,
    key text not null,
    fingerprint text not null,
    stream_id uuid not null,
    version integer not null,
    changed boolean not null,
    created_at timestamptz not null default clock_timestamp(),
    primary key (principal, key)
);

-- How far each follower of the log has come.
create table log.tracking (
    follower text primary key,
    position bigint not null
);

-- What the server makes for itself once, such as the secret that signs cursors.
create table log.settings (
    name text primary key,
    value text not null
);

create function log.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'The log is append-only: % on %.% is refused.',
        tg_op, tg_table_schema, tg_table_name using errcode = 'insufficient_privilege';
end $$;
create trigger append_only before update or delete on log.events
    for each row execute function log.refuse_change();
create trigger append_only_truncate before truncate on log.events
    for each statement execute function log.refuse_change();
