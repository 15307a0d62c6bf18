#!/bin/sh
# Make the cluster's passwords and keys, once:  sudo sh make-secrets.sh FOLDER
# An existing folder is left alone, because PostgreSQL keeps the passwords that it was made with.
set -eu

folder=${1:?usage: make-secrets.sh FOLDER}
worker_uid=10001

if [ -e "$folder" ]; then
    echo "$folder is there already; nothing was changed." >&2
    exit 1
fi

password() {
    od -An -N24 -tx1 /dev/urandom | tr -d ' \n'
}

# Compose mounts the files as they are. Several users read them inside, so the folder is what keeps others out.
mkdir -m 0700 "$folder"
umask 022
for name in postgres temporal drumbeat; do
    password >"$folder/${name}_password"
    chmod 0444 "$folder/${name}_password"
done

umask 077
# The key of kept sessions: 32 bytes in URL-safe base64. Workers read it, nobody else.
head -c 32 /dev/urandom | base64 | tr '+/' '-_' >"$folder/session_key"

# libpq refuses a password file that others than its owner may read.
printf 'postgresql:5432:drumbeat:drumbeat:%s\n' "$(cat "$folder/drumbeat_password")" >"$folder/pgpass"
chmod 0400 "$folder/pgpass" "$folder/session_key"
if ! chown "$worker_uid" "$folder/pgpass" "$folder/session_key" 2>/dev/null; then
    echo "Give two files to uid $worker_uid, as the workers see it:" >&2
    echo "  sudo chown $worker_uid $folder/pgpass $folder/session_key" >&2
fi
echo "Made $folder. Keep a copy where your backups are." >&2
