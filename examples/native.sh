#!/usr/bin/env bash
# The native door: uploads a file straight to S3, follows the import, reads what became of its rows, and takes the import back.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
file=$(dirname "${BASH_SOURCE[0]}")/../tests/end_to_end/fixtures/toggl.csv

native() { request -H "Authorization: Bearer $token" "$@"; }
status() { native "$url/api/v1/imports/$import" | json status; }

step 'Announce a file of any size'
size=$(wc -c < "$file" | tr -d ' ')
announced=$(native -H 'Content-Type: application/json' "$url/api/v1/imports" \
    -d "{\"upload\": true, \"file_name\": \"toggl.csv\", \"file_size\": $size}")
import=$(json id <<< "$announced")
echo "import $import"

step 'Put the file at the address of the answer, which starts the import'
address=$(json upload.url <<< "$announced")
request -T "$file" -H 'If-None-Match: *' "$address"
await complete status

step 'What became of the first rows'
native "$url/api/v1/imports/$import/results?per_page=2"

step 'Rows as JSON, read by a mapping; a request that is sent again with its key is one import'
rows='[{"Date":"2026-03-05","User":"Demo User","Minutes":90,"Description":"Sketch the harbour"}]'
mapping='{"Date":"date","User":"person","Minutes":"minutes","Description":"description"}'
second=$(native -H 'Content-Type: application/json' -H "Idempotency-Key: example-$import" "$url/api/v1/imports" \
    -d "{\"source\": $rows, \"mapping\": $mapping}")
again=$(native -H 'Content-Type: application/json' -H "Idempotency-Key: example-$import" "$url/api/v1/imports" \
    -d "{\"source\": $rows, \"mapping\": $mapping}")
second=$(json id <<< "$second")
expect "$second" "$(json id <<< "$again")"

step 'Undo both, in any order'
for import in "$import" "$second"; do
    await complete status
    native -X POST "$url/api/v1/imports/$import/revert" > /dev/null
    await rolled_back status
    echo "import $import is undone"
done
