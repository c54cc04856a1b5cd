-- Who may do what, stated anew at every migration: a restored dump brings neither roles nor grants.

-- The application's own role may add to the log and read it, nothing else.
do $$ begin
    create role concord_app nologin;
exception when duplicate_object then null;
end $$;
grant concord_app to current_user;

grant usage on schema log to concord_app;
-- Not recorded_at: only the database says when a fact was learned.
grant select, insert (id, stream_id, version, name, state) on log.events to concord_app;
grant select, insert on log.idempotency, log.settings to concord_app;
grant select on log.clock to concord_app;
grant select, insert, update, delete on log.tracking to concord_app;
grant select, insert, update on log.key_use to concord_app;
grant select, insert, update, delete on log.sign_in_failures to concord_app;
grant select, insert, update (last_seen_at), delete on log.sessions to concord_app;
grant select, insert, delete on log.oidc_journeys to concord_app;

-- Everything in it can be made again from the log.
create schema if not exists views;
grant all on schema views to concord_app;
create table if not exists views.snapshots (
    stream_id uuid primary key,
    kind text not null,
    version integer not null,
    rules text not null,
    body text not null
);
grant select, insert, update, delete on views.snapshots to concord_app;
