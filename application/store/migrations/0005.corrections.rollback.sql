drop index log.events_corrections;
