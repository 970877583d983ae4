"""A `waybill serve` that functions outside of its process use, and a client for what it serves."""

import contextlib
import datetime
import hashlib
import hmac
import http.client
import json
import pathlib
import queue
import subprocess
import threading
import urllib.parse

from runtime_api import end

# How long the service may take to be ready, and to end after it was told to, in seconds.
START = 60
GRACE = 15
# Of the demo account, which the service makes.
TOKEN = "demo"


class Stack:
    """A service without workers, in a process of its own: only the functions do what follows a request."""

    def __init__(self, waybill, folder, aws="0"):
        self.waybill, self.aws = waybill, aws
        self.env = pathlib.Path(folder) / "env.json"

    def __enter__(self):
        command = [self.waybill, "serve", "--port", "0", "--no-workers", "--aws", self.aws, "--env", self.env]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        lines = queue.Queue()
        self.errors = []
        for pipe, take in [(self.process.stdout, lines.put), (self.process.stderr, self.errors.append)]:
            threading.Thread(target=read, args=(pipe, take), daemon=True).start()
        try:
            line = lines.get(timeout=START) or ""
        except queue.Empty:
            line = ""
        if not line.startswith("ready http://"):
            self.__exit__()
            raise RuntimeError(f"the service does not start: {''.join(filter(None, self.errors)) or line}")
        self.address = line.removeprefix("ready http://").strip()
        self.environment = json.loads(self.env.read_text())["Parameters"]
        return self

    def __exit__(self, *_):
        end(self.process, GRACE)

    def import_(self, number):
        """What the service itself says of an import; `None` if it is not there."""
        headers = {"Authorization": f"Token {TOKEN}", "User-Agent": "waybill-events"}
        status, body = request("GET", f"http://{self.address}/api/v1/imports/{number}", headers=headers)
        return json.loads(body) if status == 200 else None

    def put(self, url, body, headers):
        """PUTs to S3 by a URL as a function gives it: in a container it has another name for this machine."""
        here = self.here(url)
        return request("PUT", here, body, {**headers, "Host": urllib.parse.urlsplit(url).netloc})

    def here(self, url):
        """The same place as this process has to call it."""
        parts = urllib.parse.urlsplit(url)
        return parts._replace(netloc=f"127.0.0.1:{parts.port}").geturl()

    def s3(self, method, key, body=b""):
        """A request to an object of the bucket, signed as S3 asks (version 4); status and body of the answer."""
        endpoint = self.here(self.environment["AWS_ENDPOINT_URL"])
        path = urllib.parse.quote(f"/{self.environment['BUCKET']}/{key}")
        region = self.environment["AWS_REGION"]
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        signed = {
            "host": urllib.parse.urlsplit(endpoint).netloc,
            "x-amz-content-sha256": hashlib.sha256(body).hexdigest(),
            "x-amz-date": now,
        }
        names = ";".join(signed)
        heads = "".join(f"{name}:{value}\n" for name, value in signed.items())
        canonical = f"{method}\n{path}\n\n{heads}\n{names}\n{signed['x-amz-content-sha256']}"
        scope = f"{now[:8]}/{region}/s3/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = f"AWS4{self.environment['AWS_SECRET_ACCESS_KEY']}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.digest(key, text.encode(), "sha256").hex()
        credential = f"{self.environment['AWS_ACCESS_KEY_ID']}/{scope}"
        authorization = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
        return request(method, endpoint + path, body, {**signed, "authorization": authorization})


def read(pipe, take):
    for line in pipe:
        take(line)
    take(None)


def request(method, url, body=None, headers=()):
    """Status and body of the answer."""
    parts = urllib.parse.urlsplit(url)
    with contextlib.closing(http.client.HTTPConnection(parts.netloc, timeout=30)) as connection:
        connection.request(method, parts._replace(scheme="", netloc="").geturl(), body, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read()
