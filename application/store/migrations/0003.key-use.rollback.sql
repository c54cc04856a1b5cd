drop table log.key_use;
