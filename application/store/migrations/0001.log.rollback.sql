drop schema views cascade;
drop schema log cascade;
