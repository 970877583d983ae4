# Read by scripts that need a service: starts `waybill serve` on a free port, sets `waybill` and `url`, and ends the service with the script.
# Needs target/debug/waybill, or the program that WAYBILL names.

waybill=${WAYBILL:-target/debug/waybill}
said=$(mktemp)
"$waybill" serve --port 0 >"$said" &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -f "$said"' EXIT

# The first line is `ready http://127.0.0.1:PORT`.
for _ in $(seq 300); do
    url=$(sed -n 's/^ready //p' "$said")
    [[ -n $url ]] && break
    kill -0 "$server" || { echo "$0: the service does not start" >&2; exit 1; }
    sleep 0.1
done
[[ -n $url ]] || { echo "$0: the service is not ready after 30 s" >&2; exit 1; }
