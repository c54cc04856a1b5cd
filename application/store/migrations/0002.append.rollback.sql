drop function log.append;
