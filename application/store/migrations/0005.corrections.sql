-- Corrections are few, and whatever is computed from the log asks for them first: it must not read
-- the whole log only to learn that there are none.
create index events_corrections on log.events (id)
    where name in ('correction.made', 'correction.withdrawn');
