#!/bin/sh
# Bring Temporal's two databases to the schema of this image; doing it again changes nothing.
set -eu

SQL_PASSWORD=$(cat /run/secrets/temporal_password)
export SQL_PASSWORD

bring_up() {
    database=$1
    folder=$2
    set -- --plugin postgres12 --endpoint "$POSTGRES_SEEDS" --port "$DB_PORT" --user "$POSTGRES_USER" --database "$database"
    temporal-sql-tool "$@" setup-schema --version 0.0
    temporal-sql-tool "$@" update-schema --schema-dir "/etc/temporal/schema/postgresql/v12/$folder/versioned"
}

bring_up temporal temporal
bring_up temporal_visibility visibility
