drop table log.oidc_journeys;
drop table log.sessions;
drop table log.sign_in_failures;
