#!/usr/bin/env bash
# The Productive door: imports a company with a person, finds the person, and takes the import back.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
organization=${WAYBILL_ORGANIZATION:-1}

productive() {
    request -H "X-Auth-Token: $token" -H "X-Organization-Id: $organization" -H 'Content-Type: application/vnd.api+json' "$@"
}

step 'Make an import'
made=$(productive "$url/api/v2/imports" -d '{
    "data": {"type": "imports", "attributes": {"import_data":
        "{\"company\": [{\"name\": \"Example Quay\"}], \"person\": [{\"Company\": \"Example Quay\", \"First Name\": \"Robin\"}]}"}}}')
import=$(json data.id <<< "$made")
echo "import $import"

step 'Run it'
productive -X POST "$url/api/v2/imports/$import/import" > /dev/null
companies() { productive --get "$url/api/v2/companies" --data-urlencode 'filter[name]=Example Quay' | json data.length; }
await 1 companies

step 'Find the person by the name'
productive --get "$url/api/v2/people" --data-urlencode 'filter[first_name]=Robin' --data-urlencode 'fields[people]=first_name'

step 'Undo it'
productive -X PATCH "$url/api/v2/imports/$import/revert" > /dev/null
await 0 companies
echo "import $import is undone"
