drop schema if exists views cascade;
drop schema log cascade;
