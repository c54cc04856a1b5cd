-- Appends that wait together, as one statement: a transaction by itself, planned once a session.
-- Each fact and each thing seen says which of the appends ("part") it belongs to.

create function log.append(
    parts integer[], streams uuid[], versions integer[], names text[], states text[],
    seen_parts integer[], seen_streams uuid[], seen_versions integer[],
    -- last_facts: the place, among the facts, of the one that answers the request.
    key_parts integer[], principals text[], keys text[], fingerprints text[], last_facts integer[],
    out base bigint, out outdated integer[], out refused integer[]
) language plpgsql volatile as $$
#variable_conflict use_column
begin
    base := log.position(0);
    outdated := '{}';
    refused := '{}';
    if cardinality(seen_parts) > 0 then
        -- Decided on what is not the present any more. (As a subquery it is looked up in the index
        -- whatever size the log was thought to have when this was planned.)
        outdated := array(
            select distinct seen.part
            from unnest(seen_parts, seen_streams, seen_versions) seen (part, stream_id, version)
            where (select max(fact.version) from log.events fact
                   where fact.stream_id = seen.stream_id) > seen.version);
    end if;
    if cardinality(key_parts) > 0 then
        -- The advisory lock lasts as long as the transaction: who does not get it came second
        -- while the first is still being answered. Facts go in only with their key.
        with wanted as (
            select * from unnest(key_parts, principals, keys, fingerprints, last_facts)
                wanted (part, principal, key, fingerprint, last_fact)
            where part <> all (outdated)
        ), taken as (
            insert into log.idempotency (principal, key, fingerprint, stream_id, version, changed)
            select principal, key, fingerprint, streams[last_fact], versions[last_fact], true
            from wanted
            where pg_try_advisory_xact_lock(hashtextextended(principal || E'\x1f' || key, 7))
            on conflict do nothing returning principal, key
        )
        select coalesce(array_agg(part), '{}') into refused from wanted
        where not exists (
            select from taken where taken.principal = wanted.principal and taken.key = wanted.key);
    end if;
    insert into log.events (id, stream_id, version, name, state)
    select base + fact.ordinal - 1, fact.stream_id, fact.version, fact.name, fact.state
    from unnest(parts, streams, versions, names, states) with ordinality
        fact (part, stream_id, version, name, state, ordinal)
    where fact.part <> all (outdated) and fact.part <> all (refused);
end $$;
