#!/usr/bin/env bash
# The Copernica door: makes a database, changes and creates its profiles by an import, and takes the import back.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
database=Example$$

copernica() { request -H "Authorization: Bearer $token" "$@"; }
# The id of what a POST has made, from the header of its answer.
created() { copernica --dump-header - --output /dev/null -X POST "$@" | tr -d '\r' | sed -nE 's/^x-created: ([0-9]+)$/\1/Ip'; }
profiles() { copernica "$url/v3/database/$database/profiles?dataonly=1&orderby=id"; }

step 'Make a database with two fields and a profile'
created "$url/v3/databases" -d "name=$database"
created "$url/v3/database/$database/fields" -d 'name=Email&type=email'
created "$url/v3/database/$database/fields" -d 'name=Visits&type=integer&value=0'
created "$url/v3/database/$database/profiles" -d 'fields[Email]=robin@example.com&fields[Visits]=1'
before=$(profiles)

step 'Import a file: a change for one profile, and another profile'
import=$(created "$url/v3/imports" -d "database=$database&keyFields[]=Email&delimiter=," \
    --data-urlencode $'source=Email,Visits\nrobin@example.com,7\nkim@example.com,1')
status() { copernica "$url/v3/import/$import" | json status; }
await finished status
profiles
expect 2 "$(profiles | json count)"

step 'Undo the import'
copernica -X POST "$url/v3/import/$import/revert"
await undone status
expect "$before" "$(profiles)"
echo "import $import is undone"
copernica -X DELETE "$url/v3/database/$database"
