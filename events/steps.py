"""What each sample event is to do, in an order in which it finds what it names.

Every event names import 1 of account 1, as the first import of a new service is called. So each chapter has a service of its own
that knows nothing yet, and the samples that make an import come first in it.
"""

import json
import pathlib

EVENTS = pathlib.Path(__file__).resolve().parent
# The message in events/sqs-load-batch.json that no function can read.
UNREADABLE = "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb69"
# What events/s3-dropped.json and events/s3-object-created.json name.
DROPPED = "inbox/1/toggl/Stunden März (2).csv"
REPORT = "outbox/1/Stunden März (2).csv.3.report.json"
UPLOADED = "uploads/1/1/toggl.csv"
# So many rows are four chunks, as many as events/sqs-load-batch.json names.
ROWS = 3400


class Unexpected(Exception):
    """An event did something else than it should."""


def event(name):
    return (EVENTS / f"{name}.json").read_bytes()


def toggl(rows, size=None, first=0):
    """A report of Toggl; with a size the description of its last row has as many bytes as that takes."""
    lines = ["User,Email,Client,Project,Task,Description,Billable,Start date,Start time,End date,End time,Duration,Tags"]
    for row in range(first, first + rows):
        day, hour, minutes = f"2026-{1 + row % 12:02}-{1 + row % 28:02}", f"{8 + row % 10:02}", f"{1 + row % 59:02}"
        lines.append(
            f"Demo User,demo@example.com,Client {row % 3},Project {row % 7},,Step {row},Yes,"
            f"{day},{hour}:00:00,{day},{hour}:{minutes}:00,00:{minutes}:00,tag {row % 5}"
        )
    text = "\n".join(lines) + "\n"
    if size is not None:
        last = f"Step {first + rows - 1},"
        text = text.replace(last, last[:-1] + "." * (size - len(text)) + ",")
        if len(text) != size:
            raise SystemExit(f"FAILED: {rows} rows do not fit in {size} bytes")
    return text.encode()


class Expect:
    """What the answers to events and the service are to say; each gives words for what was done."""

    def __init__(self, stack):
        self.stack = stack

    def answer(self, status, look=lambda body: ""):
        """An answer of the API with this status, whose body `look` has words for."""

        def expected(done):
            answer = done.answer
            body = json.loads(answer.get("body") or "null")
            if answer.get("statusCode") != status:
                raise Unexpected(f"{answer.get('statusCode')} in place of {status}: {body}")
            return ", ".join(filter(None, [str(status), look(body)]))

        return expected

    def batch(self, *looks, failed=(), logged=(), by=None):
        """An answer to messages that names those that failed, and no others. The log has these texts, and names `by` as the
        function that made a transition."""

        def expected(done):
            names = [one["itemIdentifier"] for one in done.answer["batchItemFailures"]]
            if sorted(names) != sorted(failed):
                raise Unexpected(f"these messages failed: {names}, and not {list(failed)}\n{done.log}")
            for text in [*logged, *([f'"by":"{by}"'] if by else [])]:
                if text not in done.log:
                    raise Unexpected(f"the log does not say {text!r}:\n{done.log}")
            words = [f"failed: {', '.join(names)}" if names else "done"]
            words += [f"by {by}"] if by else []
            words += [f'logged "{text}"' for text in logged[:1]]
            return ", ".join(words + [look() for look in looks])

        return expected

    def swept(self, open_, *looks):
        """A sweep that saw so many open imports, as its log says."""

        def expected(done):
            if f'"open":{open_},' not in done.log:
                raise Unexpected(f"the log does not say that {open_} imports are open:\n{done.log}")
            return ", ".join([f"{open_} open"] + [look() for look in looks])

        return expected

    def published(self, *types):
        """An answer to records of the outbox with an event for each, of these types and of import 1 at the address of the service."""

        def expected(done):
            found = [event["type"] for event in done.answer]
            if found != list(types):
                raise Unexpected(f"the events are {found}, and not {list(types)}")
            url = f"{self.stack.environment['API_URL']}/api/v1/imports/1"
            if any(event["url"] != url for event in done.answer):
                raise Unexpected(f"an event has another address than {url}: {done.answer}")
            return ", ".join(found)

        return expected

    def import_(self, number, status, **counts):
        """The service says that the import has this status; `created=2` and the like are its counts."""

        def look():
            found = self.stack.import_(number)
            if found is None:
                raise Unexpected(f"there is no import {number}")
            seen = {name: {**found["counts"], **found["undone"]}[name] for name in counts}
            if found["status"] != status or seen != counts:
                raise Unexpected(f"import {number} is {found['status']} with {seen}, and not {status} with {counts}")
            return f"import {number} {status}" + "".join(f", {count} {name}" for name, count in counts.items())

        return look


def nothing_is_there(run, expect):
    """On a new service, where none of what the events name is there"""
    missing = "import 1 does not exist"
    run.event("api-health", "ApiFunction", expect.answer(200))
    run.event("api-list-imports", "ApiFunction", expect.answer(200, imports(0)))
    run.event("api-delete", "ApiFunction", expect.answer(404))
    run.event("s3-object-created", "ParserFunction", expect.batch(logged=["an upload has no import"]))
    run.event("s3-dropped", "ParserFunction", expect.batch(logged=["S3 sent an event for an object which does not exist", DROPPED]))
    for name, function in [
        ("sqs-start", "ParserFunction"),
        ("sqs-load", "LoaderFunction"),
        ("sqs-settle", "LoaderFunction"),
        ("sqs-undo", "RevertFunction"),
        ("sqs-revert", "RevertFunction"),
        ("sqs-release", "RevertFunction"),
    ]:
        message = json.loads(event(name))["Records"][0]["messageId"]
        run.event(name, function, expect.batch(failed=[message], logged=[missing]))
    run.event("sqs-run", "ParserFunction", expect.batch(logged=["a schedule has no such run any more, or another message runs it"]))
    run.event("sweep-schedule", "SweepFunction", expect.swept(0))
    # No account has a webhook, so records become events and nothing else, and a message has nothing to deliver.
    run.event("sqs-deliver", "NotifierFunction", expect.batch())
    run.event("pipe-records", "NotifierFunction", expect.published("Import Completed", "Import Rollback Started"))


def a_form_and_its_undo(run, expect):
    """A small file in the body of a request, and its undo"""
    run.event("api-create-form", "ApiFunction", expect.answer(202, made(1)))
    run.event("sqs-start", "ParserFunction", expect.batch(expect.import_(1, "complete", created=2), by="parser"))
    run.event("api-list-imports", "ApiFunction", expect.answer(200, imports(1)))
    run.event("sqs-undo", "RevertFunction", expect.batch(expect.import_(1, "rolled_back", removed=2), by="revert"))
    # They come late, when an earlier message has brought the undo to its end.
    for name in ["sqs-revert", "sqs-release"]:
        run.event(name, "RevertFunction", expect.batch(expect.import_(1, "rolled_back", removed=2)))


def an_upload_and_a_drop(run, expect):
    """A file of four chunks that is uploaded to S3, a form with a file, a drop with options, and an undo chunk by chunk"""
    uploads = []

    def uploaded(body):
        uploads.append(body["upload"])
        return made(1)(body)

    run.event("api-upload", "ApiFunction", expect.answer(201, uploaded))
    if not uploads:
        return
    size = json.loads(json.loads(event("api-upload"))["body"])["file_size"]
    waits = expect.import_(1, "new")
    run.event("s3-object-created", "ParserFunction", expect.batch(waits, logged=["the file of the import does not exist"]))
    run.does("PUT", lambda: put(run.stack, uploads[0], toggl(ROWS, size)))
    run.event("s3-object-created", "ParserFunction", expect.batch(expect.import_(1, "processing", pending=ROWS)))
    run.event("sqs-start", "ParserFunction", expect.batch(expect.import_(1, "processing", pending=ROWS)))
    run.event("sqs-load", "LoaderFunction", expect.batch(expect.import_(1, "processing", created=1000)))
    loaded = expect.import_(1, "complete", created=ROWS)
    run.event("sqs-load-batch", "LoaderFunction", expect.batch(loaded, failed=[UNREADABLE], by="loader"))
    run.event("sqs-settle", "LoaderFunction", expect.batch(loaded))

    run.event("api-create-multipart", "ApiFunction", expect.answer(202, made(2)))
    options = json.dumps({"import_tags": False}).encode()
    run.does("PUT", lambda: drop(run.stack, toggl(5, first=ROWS), options))
    run.event("s3-dropped", "ParserFunction", expect.batch(expect.import_(3, "complete", created=5)))
    run.does("GET", lambda: reported(run.stack))
    run.event("api-list-imports", "ApiFunction", expect.answer(200, imports(3)))

    run.event("api-delete", "ApiFunction", expect.answer(204))
    undone = expect.import_(1, "rolling_back", removed=1000)
    run.event("sqs-undo", "RevertFunction", expect.batch(expect.import_(1, "rolling_back", removed=0)))
    run.event("sqs-revert", "RevertFunction", expect.batch(undone))
    # Three chunks are not undone yet, so the undo does not end.
    run.event("sqs-release", "RevertFunction", expect.batch(undone))
    # Import 2 waits for its start, and import 1 for the end of its undo.
    run.event("sweep-schedule", "SweepFunction", expect.swept(2))


def no_address(run, expect):
    """With AWS_ENDPOINT_URL empty, as `sam local invoke` gives it without --env-vars: that is AWS itself"""
    # No region is called that, so no request leaves this machine; the SDK tries for 15 seconds.
    aws = {**run.stack.environment, "AWS_ENDPOINT_URL": "", "AWS_REGION": "nowhere"}
    run.event("api-health", "ApiFunction", expect.answer(200), aws)
    run.event("api-list-imports", "ApiFunction", expect.answer(503), aws)


CHAPTERS = [nothing_is_there, a_form_and_its_undo, an_upload_and_a_drop, no_address]


def made(number):
    def look(body):
        if body["id"] != number:
            raise Unexpected(f"import {body['id']} was made, and not {number}")
        return f"import {number} made"

    return look


def imports(count):
    def look(body):
        if len(body) != count:
            raise Unexpected(f"{len(body)} imports are listed, and not {count}")
        return f"{count} import{'' if count == 1 else 's'} listed"

    return look


def put(stack, upload, body):
    status, answer = stack.put(upload["url"], body, upload["headers"])
    if status != 200:
        raise Unexpected(f"{status}: {answer.decode(errors='replace')}")
    return f"{status}, {UPLOADED}, {len(body)} bytes"


def drop(stack, body, options):
    for key, content in [(f"{DROPPED}.options.json", options), (DROPPED, body)]:
        status, answer = stack.s3("PUT", key, content)
        if status != 200:
            raise Unexpected(f"{status}: {answer.decode(errors='replace')}")
    return f"{status}, {DROPPED}, {len(body)} bytes, and its options"


def reported(stack):
    status, body = stack.s3("GET", REPORT)
    report = json.loads(body) if status == 200 else {}
    if (report.get("status"), report.get("tags")) != ("complete", 0):
        raise Unexpected(f"{status}: {body.decode(errors='replace')}")
    return f"{status}, {REPORT}: complete, without tags, as the options ask"
