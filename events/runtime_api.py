#!/usr/bin/env python3
"""Lambda's Runtime API on loopback, and a bootstrap that runs under it.

A bootstrap is a program that asks for events over HTTP and posts its answers; Lambda serves it these four routes:

    GET  /2018-06-01/runtime/invocation/next            the next event, as soon as there is one
    POST /2018-06-01/runtime/invocation/{id}/response   the answer to an event
    POST /2018-06-01/runtime/invocation/{id}/error      the event failed
    POST /2018-06-01/runtime/init/error                 the bootstrap cannot start

`Bootstrap` serves them to one process that it starts, one event at a time as Lambda does, and ends the process by its id. Every
wait is bounded. As a program this file starts a bootstrap several times and says how long it took:

    events/runtime_api.py target/debug/waybill-api events/api-list-imports.json --env events/env.json --runs 15

Init is the time from the start of the process to its first request for an event, and the first answer the time from there to the
answer. The address of AWS and the names of the tables are in the file that `--env` names.
"""

import argparse
import contextlib
import dataclasses
import http.server
import json
import os
import pathlib
import queue
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid

VERSION = "/2018-06-01/runtime"
# How long a process may take to ask for its first event, and to end after it was told to, in seconds.
INIT = 10
GRACE = 3
# Between two looks whether a process still runs, in seconds.
LOOK = 0.05


def end(process, grace):
    """Ends a process, by force if it is still there after so many seconds."""
    process.terminate()
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class BootstrapFailed(Exception):
    """The bootstrap ended, could not start, or did not answer in time."""


@dataclasses.dataclass
class Answer:
    """What a bootstrap made of an event."""

    # "response" or "error".
    kind: str
    body: bytes
    # From the moment the event was handed out, in seconds.
    seconds: float

    def json(self):
        return json.loads(self.body) if self.body else None


class Bootstrap:
    """A bootstrap in a process of its own, under a Runtime API of its own. Leaving the context ends both."""

    def __init__(self, path, environment, function="function", arn=None, memory=512):
        self.path = pathlib.Path(path).resolve()
        self.environment = environment
        self.function = function
        self.arn = arn or f"arn:aws:lambda:us-east-1:123456789012:function:{function}"
        self.memory = memory
        # From the start of the process to its first request for an event, in seconds.
        self.init = None
        self.began = None
        self.events = queue.Queue()
        self.answers = queue.Queue()
        self.asked = threading.Event()
        # What the process posted to `init/error`.
        self.refusal = None
        self.handed_out = None

    def __enter__(self):
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.bootstrap = self
        self.log_file = tempfile.TemporaryFile()
        self.read_to = 0
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": LOOK}, daemon=True).start()
        try:
            self.began = time.monotonic()
            self.process = subprocess.Popen(
                [self.path], env=self.settings(), stdin=subprocess.DEVNULL, stdout=self.log_file, stderr=self.log_file
            )
        except BaseException:
            self.close()
            raise
        try:
            self.wait(lambda: self.asked.wait(LOOK) or None, INIT, "ask for an event")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        end(self.process, GRACE)
        self.close()

    def close(self):
        self.events.put(None)
        self.server.shutdown()
        self.server.server_close()
        self.log_file.close()

    def settings(self):
        """The environment of the process: nothing of this one's but the path, as on Lambda."""
        return {
            "PATH": os.environ.get("PATH", ""),
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.server.server_address[1]}",
            "AWS_LAMBDA_FUNCTION_NAME": self.function,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{self.function}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "LAMBDA_TASK_ROOT": str(self.path.parent),
            "_HANDLER": "bootstrap",
            **self.environment,
        }

    def invoke(self, event, timeout=30):
        """Hands an event out, as bytes or as what JSON can say; the answer.

        After a `BootstrapFailed` the process is of no more use: an answer that comes too late would be taken for the next one's.
        """
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        deadline = time.time() + timeout
        self.events.put((str(uuid.uuid4()), int(deadline * 1000), body))

        def answered():
            with contextlib.suppress(queue.Empty):
                return self.answers.get(timeout=LOOK)

        return self.wait(answered, timeout, "answer an event")

    def wait(self, look, most, to):
        """What `look` gives, as soon as it gives something; the process has to live for so long."""
        end = time.monotonic() + most
        while True:
            lives = self.process.poll() is None
            # Once more after its end, for what it had said before.
            found = look()
            if self.refusal is not None:
                raise BootstrapFailed(f"{self.path.name} cannot start: {self.refusal}")
            if found is not None:
                return found
            if not lives:
                raise BootstrapFailed(f"{self.path.name} ended with {self.process.returncode} and did not {to}:\n{self.log()}")
            if time.monotonic() > end:
                raise BootstrapFailed(f"{self.path.name} did not {to} within {most} s:\n{self.log()}")

    def log(self):
        """What the process has written since this was asked last."""
        descriptor = self.log_file.fileno()
        text = os.pread(descriptor, os.fstat(descriptor).st_size - self.read_to, self.read_to)
        self.read_to += len(text)
        return text.decode(errors="replace")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    # A connection that waits for an event would hold up the end.
    block_on_close = False
    bootstrap = None

    def handle_error(self, request, client_address):
        # A process that was ended breaks its connections off.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # Head and body leave in one piece.
    wbufsize = -1

    def do_GET(self):
        bootstrap = self.server.bootstrap
        if self.path != f"{VERSION}/invocation/next":
            return self.answer(404)
        if bootstrap.init is None:
            bootstrap.init = time.monotonic() - bootstrap.began
        bootstrap.asked.set()
        event = bootstrap.events.get()
        if event is None:
            self.close_connection = True
            return self.answer(410)
        request, deadline, body = event
        trace = f"Root=1-{int(time.time()):08x}-{request.replace('-', '')[:24]};Sampled=0"
        bootstrap.handed_out = (request, time.monotonic())
        self.answer(
            200,
            body,
            {
                "Lambda-Runtime-Aws-Request-Id": request,
                "Lambda-Runtime-Deadline-Ms": str(deadline),
                "Lambda-Runtime-Invoked-Function-Arn": bootstrap.arn,
                "Lambda-Runtime-Trace-Id": trace,
            },
        )

    def do_POST(self):
        bootstrap = self.server.bootstrap
        body = self.body()
        if body is None:
            return
        now = time.monotonic()
        if self.path == f"{VERSION}/init/error":
            self.answer(202, b'{"status":"OK"}')
            bootstrap.refusal = body.decode(errors="replace")
            return
        request, since = bootstrap.handed_out or (None, now)
        kinds = {f"{VERSION}/invocation/{request}/{kind}": kind for kind in ("response", "error")}
        kind = kinds.get(self.path)
        if kind is None:
            return self.answer(400, b'{"errorType":"InvalidRequestID"}')
        bootstrap.handed_out = None
        self.answer(202, b'{"status":"OK"}')
        bootstrap.answers.put(Answer(kind, body, now - since))

    def body(self):
        length = self.headers.get("Content-Length")
        if length is None:
            # A streamed answer; the functions here send none.
            self.close_connection = True
            return self.answer(411)
        return self.rfile.read(int(length))

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Nothing: the bootstrap's own log says what happens."""


def variables(path, function):
    """The environment of a function in a file as `sam local invoke --env-vars` takes it."""
    given = json.loads(pathlib.Path(path).read_text())
    return {**given.get("Parameters", {}), **given.get(function, {})}


def main():
    arguments = argparse.ArgumentParser(description="Starts a bootstrap under Lambda's Runtime API, and says how long it took.")
    arguments.add_argument("bootstrap", type=pathlib.Path)
    arguments.add_argument("event", type=pathlib.Path, help="a file with the event for it")
    arguments.add_argument("--env", type=pathlib.Path, help="its environment, as `sam local invoke --env-vars` takes it")
    arguments.add_argument("--function", default="ApiFunction", help="its logical id, which has settings of its own in --env")
    arguments.add_argument("--runs", type=int, default=1)
    asked = arguments.parse_args()
    environment = variables(asked.env, asked.function) if asked.env else {}
    event = asked.event.read_bytes()
    inits, firsts = [], []
    for _ in range(asked.runs):
        with Bootstrap(asked.bootstrap, environment, asked.function) as bootstrap:
            answer = bootstrap.invoke(event)
            if answer.kind == "error":
                raise BootstrapFailed(f"{answer.body.decode(errors='replace')}\n{bootstrap.log()}")
            inits.append(bootstrap.init * 1000)
            firsts.append(answer.seconds * 1000)
    for name, times in [("init", inits), ("first answer", firsts)]:
        print(f"{name:12} ms: median {statistics.median(times):.1f}, minimum {min(times):.1f}, of {len(times)}")


if __name__ == "__main__":
    try:
        main()
    except BootstrapFailed as failed:
        sys.exit(f"FAILED: {failed}")
