# Read by the other scripts: the service to talk to, and the few commands that all of them use. Needs curl and python3.
#
# WAYBILL_URL is the address of the service (http://127.0.0.1:8080), WAYBILL_TOKEN a token of the account with all scopes (demo).

set -euo pipefail
url=${WAYBILL_URL:-http://127.0.0.1:8080}
token=${WAYBILL_TOKEN:-demo}

# Says what comes next.
step() { printf '\n== %s\n' "$*" >&2; }

# Sends a request and prints the body of its answer; the arguments are those of curl. An answer of 400 or above ends the script.
request() {
    local body
    body=$(curl --silent --show-error --fail-with-body --max-time 30 "$@") || { printf '%s\n' "$body" >&2; return 1; }
    printf '%s' "$body"
}

# Prints a part of the JSON on the standard input: a path of names and numbers, or the length of the list there with `length` behind.
json() {
    python3 -c '
import json, sys
part = json.load(sys.stdin)
for name in sys.argv[1].split("."):
    part = len(part) if name == "length" else part[int(name)] if isinstance(part, list) else part[name]
print(part if isinstance(part, str) else json.dumps(part))' "$1"
}

# Repeats a command until it prints the expected text, for at most 30 s: await TEXT COMMAND…
await() {
    local expected=$1 found=
    shift
    for _ in $(seq 150); do
        found=$("$@")
        [[ $found == "$expected" ]] && return
        sleep 0.2
    done
    printf 'expected %s, and found %s after 30 s\n' "$expected" "$found" >&2
    return 1
}

# Ends the script unless two texts are equal: expect TEXT FOUND.
expect() {
    [[ $1 == "$2" ]] || { printf 'expected %s, and found %s\n' "$1" "$2" >&2; return 1; }
}
