#!/usr/bin/env bash
# The Noko door: imports an export of Toggl, lists its entries, and takes the import back.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
file=$(dirname "${BASH_SOURCE[0]}")/../tests/end_to_end/fixtures/toggl.csv

noko() { request -H "X-NokoToken: $token" "$@"; }

step 'Import a file'
import=$(noko -F "file=@$file" "$url/v2/imports/" | json id)
echo "import $import"

step 'Wait for its end'
status() { noko "$url/v2/imports/$import/status" | json status; }
await complete status

step 'List the billable entries of a day'
noko "$url/v2/imports/$import/entries?from=2026-03-03&to=2026-03-03&billable=true"
expect 5 "$(noko "$url/v2/imports/$import/entries" | json length)"

step 'Undo the import'
noko -X DELETE "$url/v2/imports/$import"
answer() { curl --silent --output /dev/null --write-out '%{http_code}' -H "X-NokoToken: $token" "$url/v2/imports/$import"; }
await 404 answer
echo 'undone'
