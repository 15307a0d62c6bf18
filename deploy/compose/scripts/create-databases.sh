#!/bin/sh
# Make the users and databases of Temporal and of Drumbeat; each user owns its own and sees no other.
# PostgreSQL's image runs this once, when its volume is empty.
set -eu

SECRETS=${SECRETS:-/run/secrets}
export SECRETS

psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="${POSTGRES_USER:-postgres}" --dbname=postgres <<'SQL'
\set temporal_password `cat "$SECRETS/temporal_password"`
\set drumbeat_password `cat "$SECRETS/drumbeat_password"`
CREATE ROLE temporal LOGIN PASSWORD :'temporal_password';
CREATE ROLE drumbeat LOGIN PASSWORD :'drumbeat_password';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
CREATE DATABASE drumbeat OWNER drumbeat;
REVOKE CONNECT ON DATABASE temporal FROM PUBLIC;
REVOKE CONNECT ON DATABASE temporal_visibility FROM PUBLIC;
REVOKE CONNECT ON DATABASE drumbeat FROM PUBLIC;
SQL
