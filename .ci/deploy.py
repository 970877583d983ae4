"""Deploys the template to an emulator of AWS on loopback, and uses the stack as its owner and a client would.

The stack is deployed by `sam deploy`, the account and the token are made by `waybill`, files come by the API, by a presigned URL
and as twenty drops at once, and every import is undone. Then the Workspace table has to be what it was before, and the queues
for dead letters have to be empty.

At the end a second stack is deployed over the tables and the bucket of the first, as after a restore (docs/operations.md, "Backups and
restoring"). Its API has to show the imports of the first stack and to undo one of them, and a drop has to reach it.

The emulator (ministack) makes no routes from the body of an AWS::Serverless::HttpApi. So the integration and the route that AWS
makes of it are made here by the API of API Gateway.
"""

import argparse
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import boto3
import yaml
from botocore.config import Config

STACK = "waybill"
RESTORED = "waybill-restored"
# What a stack takes from another stack, by the names of its parameters and of its outputs.
STORES = ["ImportsTableName", "WorkspaceTableName", "BucketName"]
REGION = "us-east-1"
DROPS = 20
ROWS = 50
# The whole run, in seconds.
MOST = 600
DEADLINE = time.monotonic() + MOST


def say(text):
    print(text, flush=True)


def wait_for(what, ask, every=0.3):
    """What `ask` gives, as soon as it gives something."""
    while time.monotonic() < DEADLINE:
        given = ask()
        if given is not None:
            return given
        time.sleep(every)
    raise SystemExit(f"FAILED: {what} did not come within {MOST} seconds")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def environment(port):
    return {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "SAM_CLI_TELEMETRY": "0",
    }


class Emulator:
    """The emulator, in a process group of its own."""

    def __init__(self, folder):
        self.port = free_port()
        self.environment = environment(self.port)
        settings = {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_HOST": "localhost",
            "MINISTACK_REGION": REGION,
            "STATE_DIR": str(folder / "state"),
            "S3_DATA_DIR": str(folder / "s3"),
            "TMPDIR": str(folder),
            "LOG_LEVEL": "WARNING",
            # Not where the functions are to look for AWS: they are told by the template's parameter.
            "AWS_ENDPOINT_URL": "",
        }
        self.log = open(folder / "ministack.log", "wb")
        ministack = pathlib.Path(sys.executable).parent / "ministack"
        self.process = subprocess.Popen(
            [ministack], env={**self.environment, **settings}, stdout=self.log, stderr=self.log, start_new_session=True
        )
        wait_for("the emulator", self.answers)

    def answers(self):
        if self.process.poll() is not None:
            raise SystemExit(f"FAILED: the emulator ended with {self.process.returncode}")
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
        except OSError:
            return None

    def client(self, service):
        retries = Config(retries={"max_attempts": 3}, s3={"addressing_style": "path"})
        address = self.environment["AWS_ENDPOINT_URL"]
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, endpoint_url=address, region_name=REGION, config=retries, **keys)

    def end(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.log.close()


def stage(folder, binaries):
    """The template with the bootstraps in place of the packages that `sam build` would compile."""
    template = yaml.safe_load(pathlib.Path("template.yaml").read_text())
    # The emulator splits no text in a condition. The event bus is given by its name here, which is no ARN.
    template["Conditions"]["EventBusIsAnArn"] = {"Fn::Equals": [{"Ref": "EventBus"}, "arn"]}
    for name, resource in template["Resources"].items():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        binary = resource.pop("Metadata")["BuildProperties"]["Binary"]
        package = folder / name
        package.mkdir()
        subprocess.run(["strip", "-o", package / "bootstrap", binaries / binary], check=True)
        for event in resource["Properties"].get("Events", {}).values():
            cap = event["Properties"].get("ScalingConfig", {}).get("MaximumConcurrency")
            # The emulator leaves the number of a parameter a text, and then compares it with a number.
            if isinstance(cap, dict):
                event["Properties"]["ScalingConfig"]["MaximumConcurrency"] = template["Parameters"][cap["Ref"]]["Default"]
        resource["Properties"]["CodeUri"] = str(package)
    staged = folder / "template.yaml"
    staged.write_text(yaml.safe_dump(template, sort_keys=False))
    return staged


def deploy(emulator, sam, staged, stack=STACK, parameters=()):
    """`sam deploy`; the outputs of the stack."""
    began = time.monotonic()
    # All else is what samconfig.toml says.
    command = [sam, "deploy", "--template-file", staged, "--config-file", pathlib.Path("samconfig.toml").resolve()]
    command += ["--stack-name", stack, "--no-progressbar", "--parameter-overrides", "Architecture=x86_64"]
    command += [f"EndpointUrl={emulator.environment['AWS_ENDPOINT_URL']}", *parameters]
    subprocess.run(command, env=emulator.environment, check=True, timeout=300, stdout=subprocess.DEVNULL)
    say(f"{stack} was deployed in {time.monotonic() - began:.0f} s")
    found = emulator.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


def resources(emulator, stack=STACK):
    """The resources of a stack, with logical id, type and physical id."""
    pages = emulator.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
    return [one for page in pages for one in page["StackResourceSummaries"]]


def route(emulator, stack=STACK):
    """Leads the API to its function, as AWS does of itself."""
    found = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in resources(emulator, stack)}
    arn = emulator.client("lambda").get_function(FunctionName=found["ApiFunction"])["Configuration"]["FunctionArn"]
    gateway = emulator.client("apigatewayv2")
    api = found["HttpApi"]
    made = gateway.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0", TimeoutInMillis=30000
    )
    gateway.create_route(ApiId=api, RouteKey="$default", Target=f"integrations/{made['IntegrationId']}")
    if not gateway.get_stages(ApiId=api)["Items"]:
        gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    return api


class Api:
    """The deployed API, with a token."""

    def __init__(self, emulator, api, token):
        self.port, self.token = emulator.port, token
        self.host = f"{api}.execute-api.localhost:{emulator.port}"

    def ask(self, method, path, body=None, headers=()):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        known = {"Host": self.host, "Authorization": f"Token {self.token}", "X-NokoToken": self.token}
        connection.request(method, path, body, {**known, "User-Agent": "waybill-ci", **dict(headers)})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        if answer.status >= 300:
            raise SystemExit(f"FAILED: {method} {path}: {answer.status} {text}")
        return json.loads(text) if text else None

    def settled(self, number, wanted="complete"):
        def ask():
            status = self.ask("GET", f"/api/v1/imports/{number}")["status"]
            if status in ("new", "queued", "processing", "rolling_back"):
                return None
            return status

        status = wait_for(f"the end of import {number}", ask)
        if status != wanted:
            raise SystemExit(f"FAILED: import {number} is {status} instead of {wanted}")

    def imported(self, number):
        self.settled(number)
        created = self.ask("GET", f"/v2/imports/{number}/details")["entries_imported"]
        if created != ROWS:
            raise SystemExit(f"FAILED: import {number} made {created} entries of {ROWS} rows")


def file(first):
    """A report of Toggl, whose rows no other file has."""
    lines = ["User,Email,Client,Project,Task,Description,Billable,Start date,Start time,End date,End time,Duration,Tags"]
    for row in range(first, first + ROWS):
        start = f"{8 + row % 10:02}:00:00"
        end = f"{8 + row % 10:02}:{1 + row % 59:02}:00"
        day = f"2026-{1 + row % 12:02}-{1 + row % 28:02}"
        lines.append(
            f"Kim Lake,kim@example.com,Client {row % 3},Project {row % 7},,Step {row},Yes,"
            f"{day},{start},{day},{end},00:{1 + row % 59:02}:00,tag {row % 5}"
        )
    return ("\n".join(lines) + "\n").encode()


def multipart(content):
    boundary = "a5b1c9"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="api.csv"\r\n\r\n'
    return head.encode() + content + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def put(url, content, headers):
    where = re.fullmatch(r"http://([^/]+)(/.*)", url)
    connection = http.client.HTTPConnection(where[1], timeout=60)
    connection.request("PUT", where[2], content, headers)
    answer = connection.getresponse()
    if answer.status != 200:
        raise SystemExit(f"FAILED: the upload answered {answer.status} {answer.read().decode()}")
    connection.close()


def table(emulator, name):
    """A table's items by key, without the days on which tokens were used."""
    items = {}
    for page in emulator.client("dynamodb").get_paginator("scan").paginate(TableName=name, ConsistentRead=True):
        for item in page["Items"]:
            item.pop("last_used", None)
            items[item["pk"]["S"], item["sk"]["S"]] = item
    return items


def dead_letters(emulator, stack=STACK):
    """Messages in the queues for dead letters, by queue."""
    queues = [one for one in resources(emulator, stack) if one["ResourceType"] == "AWS::SQS::Queue"]
    dead = [one for one in queues if "DeadLetters" in one["LogicalResourceId"]]
    if not dead:
        raise SystemExit("FAILED: the stack has no queue for dead letters")
    sqs = emulator.client("sqs")
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = {}
    for one in dead:
        found = sqs.get_queue_attributes(QueueUrl=one["PhysicalResourceId"], AttributeNames=names)["Attributes"]
        counts[one["LogicalResourceId"]] = sum(int(value) for value in found.values())
    return counts


def events(emulator, outputs, stack=STACK):
    """The events of the outbox, as the deployed notifier function makes them of ten records at a time, by import.

    The emulator makes the pipe and delivers nothing to an event bus, so the records are made here of the table's items.
    """
    named = [one["PhysicalResourceId"] for one in resources(emulator, stack) if one["LogicalResourceId"] == "NotifierFunction"]
    function = named[0]
    client = emulator.client("lambda")
    items = table(emulator, outputs["EventsTableName"])
    records = [{"eventName": "INSERT", "dynamodb": {"NewImage": items[key]}} for key in sorted(items)]
    by_import = {}
    for at in range(0, len(records), 10):
        batch = records[at : at + 10]
        answer = client.invoke(FunctionName=function, Payload=json.dumps(batch))
        made = json.loads(answer["Payload"].read())
        if answer.get("FunctionError") or len(made) != len(batch):
            raise SystemExit(f"FAILED: the notifier function answered {made} to {batch}")
        for event in made:
            by_import.setdefault(event["import"], []).append(event)
    return by_import


def check_events(emulator, outputs, numbers):
    """Fails unless each import has events from its making to its undo, numbered without gaps, with the address of the API."""
    by_import = events(emulator, outputs)
    if sorted(by_import) != sorted(numbers):
        raise SystemExit(f"FAILED: there are events of the imports {sorted(by_import)} instead of {sorted(numbers)}")
    for number, made in by_import.items():
        url = f"{outputs['ApiUrl']}/api/v1/imports/{number}"
        sequences = [event["sequence"] for event in made]
        if sequences != list(range(1, len(made) + 1)) or any(event["url"] != url for event in made):
            raise SystemExit(f"FAILED: the events of import {number} are {made}")
        last = made[-1]
        if (last["type"], last["counts"]["created"], last["counts"]["undone"]["removed"]) != ("Import Rolled Back", ROWS, ROWS):
            raise SystemExit(f"FAILED: the last event of import {number} is {last}")
    return sum(len(made) for made in by_import.values())


def use(emulator, outputs, api, waybill):
    def command(*arguments):
        done = subprocess.run(
            [waybill, *arguments, "--stack", STACK, "--json"],
            env=emulator.environment, check=True, timeout=60, stdout=subprocess.PIPE,
        )
        return json.loads(done.stdout)

    account = command("account", "create", "--name", "North", "--email", "kim@example.com")["account"]
    made = command("token", "create", "--account", str(account), "--name", "ci")
    listed = command("token", "list", "--account", str(account))
    if [one["id"] for one in listed] != [made["id"]]:
        raise SystemExit(f"FAILED: the tokens are {listed}")
    say(f"account {account} and a token were made")
    api = Api(emulator, api, made["token"])
    before = table(emulator, outputs["WorkspaceTableName"])

    body, content_type = multipart(file(0))
    first = api.ask("POST", "/v2/imports/", body, {"Content-Type": content_type})["id"]
    content = file(ROWS)
    asked = json.dumps({"upload": True, "file_name": "presigned.csv", "file_size": len(content)})
    second = api.ask("POST", "/api/v1/imports", asked, {"Content-Type": "application/json"})
    put(second["upload"]["url"], content, second["upload"]["headers"])
    numbers = [first, second["id"]]
    for number in numbers:
        api.imported(number)
    say("a file by the API and one by a presigned URL are imported")

    s3 = emulator.client("s3")
    for number in range(DROPS):
        key = f"inbox/{account}/auto/drop {number} (März).csv"
        s3.put_object(Bucket=outputs["BucketName"], Key=key, Body=file((2 + number) * ROWS))

    def reports():
        found = s3.list_objects_v2(Bucket=outputs["BucketName"], Prefix=f"outbox/{account}/").get("Contents", [])
        return found if len(found) == DROPS else None

    for report in wait_for("the reports of all drops", reports, 1):
        numbers.append(int(re.search(r"\.(\d+)\.report\.json$", report["Key"])[1]))
    for number in numbers:
        api.imported(number)
    say(f"{DROPS} drops at once are imported and reported")

    for number in numbers:
        api.ask("POST", f"/api/v1/imports/{number}/revert")
    for number in numbers:
        api.settled(number, "rolled_back")
    after = table(emulator, outputs["WorkspaceTableName"])
    differ = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    if differ:
        raise SystemExit(f"FAILED: after the undos the Workspace table differs at {differ[:20]}")
    say(f"{check_events(emulator, outputs, numbers)} events tell of {len(numbers)} imports from their making to their undo")
    dead = dead_letters(emulator)
    if any(dead.values()):
        raise SystemExit(f"FAILED: there are dead letters: {dead}")
    say(f"{len(numbers)} imports are undone; the Workspace table is what it was; no dead letters in {', '.join(dead)}")
    return account, api, numbers


def notify(emulator, bucket, queue):
    """Lets S3 tell the queue of new files, by the command of docs/operations.md."""
    rules = [
        {"QueueArn": queue, "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}}}
        for prefix in ("uploads/", "inbox/")
    ]
    configuration = {"QueueConfigurations": rules}
    emulator.client("s3").put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=configuration)


def restore(emulator, sam, staged, outputs, account, first, numbers):
    """Deploys a second stack over the tables and the bucket of the first, and uses both."""
    body, content_type = multipart(file((2 + DROPS) * ROWS))
    last = first.ask("POST", "/v2/imports/", body, {"Content-Type": content_type})["id"]
    first.imported(last)
    second = deploy(emulator, sam, staged, RESTORED, [f"{name}={outputs[name]}" for name in STORES])
    taken = {name: second[name] for name in STORES}
    if taken != {name: outputs[name] for name in STORES} or second["EventsTableName"] == outputs["EventsTableName"]:
        raise SystemExit(f"FAILED: the second stack uses {taken} and {second['EventsTableName']}")
    made = {one["LogicalResourceId"] for one in resources(emulator, RESTORED)}
    if made & {"ImportsTable", "WorkspaceTable", "Bucket", "BucketPolicy"}:
        raise SystemExit(f"FAILED: the second stack has made {sorted(made)}")
    there = Api(emulator, route(emulator, RESTORED), first.token)
    shown = [one["id"] for one in there.ask("GET", "/api/v1/imports?per_page=100")["records"]]
    if sorted(shown) != sorted([*numbers, last]):
        raise SystemExit(f"FAILED: the second stack shows the imports {shown}")
    there.imported(last)
    there.ask("POST", f"/api/v1/imports/{last}/revert")
    there.settled(last, "rolled_back")
    first.settled(last, "rolled_back")
    say(f"a second stack over the same tables shows {len(shown)} imports, and has undone one of them")

    notify(emulator, outputs["BucketName"], second["ArrivalQueueArn"])
    s3 = emulator.client("s3")
    s3.put_object(Bucket=outputs["BucketName"], Key=f"inbox/{account}/auto/restored.csv", Body=file((3 + DROPS) * ROWS))

    def report():
        return s3.list_objects_v2(Bucket=outputs["BucketName"], Prefix=f"outbox/{account}/restored.csv.").get("Contents")

    dropped = int(re.search(r"\.(\d+)\.report\.json$", wait_for("the report of the drop", report, 1)[0]["Key"])[1])
    there.imported(dropped)
    of_dropped = events(emulator, second, RESTORED).get(dropped)
    if not of_dropped or dropped in events(emulator, outputs):
        raise SystemExit(f"FAILED: the drop was not imported by the second stack: {of_dropped}")
    dead = {**dead_letters(emulator), **dead_letters(emulator, RESTORED)}
    if any(dead.values()):
        raise SystemExit(f"FAILED: there are dead letters: {dead}")
    say("a drop is imported by the second stack; no dead letters in either stack")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--sam", required=True, help="the SAM CLI")
    arguments.add_argument("--binaries", required=True, type=pathlib.Path, help="where cargo left the functions")
    arguments.add_argument("--waybill", required=True, type=pathlib.Path, help="the command line")
    asked = arguments.parse_args()
    # The emulator ends with this process, however that ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="deploy-", dir="target"))
    emulator = Emulator(folder.resolve())
    kept = False
    try:
        staged = stage(folder.resolve(), asked.binaries)
        sam = shutil.which(asked.sam) or asked.sam
        outputs = deploy(emulator, sam, staged)
        account, first, numbers = use(emulator, outputs, route(emulator), asked.waybill)
        restore(emulator, sam, staged, outputs, account, first, numbers)
    except BaseException:
        kept = True
        say(f"the emulator's log is {folder / 'ministack.log'}")
        raise
    finally:
        emulator.end()
        if not kept:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
