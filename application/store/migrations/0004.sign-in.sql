-- What signing in needs and no fact tells: it is overwritten and forgotten. Of tokens, only hashes.

-- Wrong passwords of late, by login name (known or not: nobody shall tell them apart). No fact for
-- each: a flood would fill the log.
create table log.sign_in_failures (
    sign_in_id uuid primary key,
    failed_at timestamptz[] not null
);
create index sign_in_failures_last on log.sign_in_failures ((failed_at[cardinality(failed_at)]));

-- People who have signed in: a browser holds the token.
create table log.sessions (
    token_sha256 bytea primary key,
    member_id uuid not null,
    sign_in_id uuid not null,
    created_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null
);
create index sessions_of_member on log.sessions (member_id);
create index sessions_expired on log.sessions (expires_at);

-- People on their way to their provider and back, for a few minutes, once.
create table log.oidc_journeys (
    state_sha256 bytea primary key,
    browser_sha256 bytea not null,
    nonce text not null,
    verifier text not null,
    return_to text not null,
    began_at timestamptz not null
);
create index oidc_journeys_began on log.oidc_journeys (began_at);
