"""Receives the events of an import and verifies each by the library of Standard Webhooks. Called by .ci/webhooks."""

import http.server
import json
import os
import queue
import sys
import threading
import urllib.request

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

URL = os.environ["WAYBILL_URL"] + "/api/v1"
# Longest wait for a request, in seconds.
PATIENCE = 60
HEADERS = {"Authorization": "Token demo", "Content-Type": "application/json"}
FILE = "tests/end_to_end/fixtures/toggl.csv"


class Receiver(http.server.BaseHTTPRequestHandler):
    """Answers 204 and keeps each request."""

    requests = queue.Queue()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.requests.put((dict(self.headers.items()), body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def ask(method, path, body=None):
    """The answer of the service, as JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data, HEADERS, method=method)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return json.load(answer)


def verified(secrets):
    """The event of the next request, which each of the secrets verifies."""
    headers, body = Receiver.requests.get(timeout=PATIENCE)
    for secret in secrets:
        Webhook(secret).verify(body, headers)
    event = json.loads(body)
    if event["data"].get("id") != headers["webhook-id"]:
        sys.exit(f"FAILED: {headers['webhook-id']} has the event {event}")
    return event


def events_of_an_import(secrets):
    """Imports a file, and returns the statuses of its events in the order of the changes."""
    with open(FILE, encoding="utf-8") as file:
        made = ask("POST", "/imports", {"source": file.read(), "format": "toggl", "autocreate_users": True})
    told = {}
    while sorted(told) != list(range(1, len(told) + 1)) or not told or told[len(told)] in ("queued", "processing"):
        event = verified(secrets)["data"]
        if event["import"] == made["id"]:
            told[event["sequence"]] = event["status"]
    return [status for _, status in sorted(told.items())]


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hook = ask("POST", "/webhooks", {"url": f"http://127.0.0.1:{server.server_port}/hook"})
    former = hook["secret"]
    print("before the rotation:", *events_of_an_import([former]))
    secret = ask("POST", f"/webhooks/{hook['id']}/rotate")["secret"]
    print("after the rotation, by both secrets:", *events_of_an_import([former, secret]))
    test = ask("POST", f"/webhooks/{hook['id']}/test")
    if verified([former, secret])["data"]["id"] != test["event"]:
        sys.exit("FAILED: the test has another id")
    try:
        Webhook(former).verify(b"{}", {"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": "v1,eA=="})
    except WebhookVerificationError:
        print("each request is verified, and a forged one is not")
        return
    sys.exit("FAILED: a forged request is verified")


if __name__ == "__main__":
    main()
