-- When each API key was last used, to the minute. No fact of the business, and no fact for each use:
-- it is overwritten.
create table log.key_use (
    key_id uuid primary key,
    used_at timestamptz not null
);
