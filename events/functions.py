"""The functions, as something that takes events: bootstraps under a Runtime API, or containers of `sam local invoke`."""

import dataclasses
import json
import os
import pathlib
import platform
import shutil
import subprocess
import tempfile
import time

import runtime_api

# The binary of each function, by the function's logical id in template.yaml.
BINARIES = {
    "ApiFunction": "waybill-api",
    "ParserFunction": "waybill-parser",
    "LoaderFunction": "waybill-loader",
    "RevertFunction": "waybill-revert",
    "SweepFunction": "waybill-sweep",
    "NotifierFunction": "waybill-notifier",
}
# How long a function may take for an event, the start of a container included, in seconds.
LONGEST = 120


class Failed(Exception):
    """The function ended, answered with an error, or did not answer."""


@dataclasses.dataclass
class Done:
    """What a function made of an event."""

    answer: object
    log: str
    seconds: float


class Bootstraps:
    """Each function as a process of its own on this machine, which takes one event after another."""

    name = "the bootstraps under a Runtime API"
    # Where functions reach the service, as `waybill serve --aws` takes it.
    aws = "0"

    def __init__(self, binaries):
        self.binaries = pathlib.Path(binaries)
        self.running = {}

    def invoke(self, function, event, environment):
        try:
            if function not in self.running:
                path = self.binaries / BINARIES[function]
                self.running[function] = runtime_api.Bootstrap(path, environment, function).__enter__()
            bootstrap = self.running[function]
            answer = bootstrap.invoke(event, LONGEST)
        except runtime_api.BootstrapFailed as failed:
            raise Failed(str(failed)) from failed
        log = bootstrap.log()
        if answer.kind == "error":
            raise Failed(f"an error: {answer.body.decode(errors='replace')}\n{log}")
        return Done(answer.json(), log, answer.seconds)

    def end(self):
        """Ends the processes: the next event of a function starts it again."""
        while self.running:
            self.running.popitem()[1].__exit__()


class Containers:
    """Each event by a `sam local invoke`, which starts a container for it."""

    name = "sam local invoke"
    # A container reaches no loopback address of this machine.
    aws = "0.0.0.0:0"

    def __init__(self, sam, template):
        self.sam, self.template = sam, pathlib.Path(template).resolve()
        self.folder = tempfile.TemporaryDirectory(prefix="waybill-events-")

    def invoke(self, function, event, environment):
        folder = pathlib.Path(self.folder.name)
        (folder / "event.json").write_bytes(event)
        (folder / "env.json").write_text(json.dumps({"Parameters": environment}))
        command = [self.sam, "local", "invoke", function, "--template", self.template]
        command += ["--event", folder / "event.json", "--env-vars", folder / "env.json"]
        # Docker has that name of its own accord on desktops only.
        command += ["--add-host", "host.docker.internal:host-gateway"]
        command += ["--parameter-overrides", f"Architecture={architecture()}"]
        # SAM hands the shell's credentials on to the container, and looks for a profile by the shell's settings.
        shell = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION")
        shell.update({name: environment[name] for name in keys if name in environment})
        shell.update(AWS_DEFAULT_REGION=environment.get("AWS_REGION", "us-east-1"), SAM_CLI_TELEMETRY="0")
        began = time.monotonic()
        try:
            done = subprocess.run(command, env=shell, timeout=LONGEST, capture_output=True, text=True)
        except subprocess.TimeoutExpired as slow:
            raise Failed(f"no answer in {LONGEST} s") from slow
        seconds = time.monotonic() - began
        lines = done.stdout.strip().splitlines()
        if done.returncode != 0 or not lines:
            raise Failed(f"sam local invoke ended with {done.returncode}\n{done.stderr}")
        answer = json.loads(lines[-1])
        if isinstance(answer, dict) and "errorType" in answer:
            raise Failed(f"an error: {answer}\n{done.stderr}")
        return Done(answer, done.stderr, seconds)

    def end(self):
        """Nothing is left of an invocation."""


def architecture():
    return "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


def staged(folder, binaries):
    """The template with the bootstraps of this machine in place of the packages that `sam build` would make."""
    text = pathlib.Path("template.yaml").read_text()
    for function, binary in BINARIES.items():
        package = pathlib.Path(folder).resolve() / function
        package.mkdir()
        shutil.copy(pathlib.Path(binaries) / binary, package / "bootstrap")
        source = f"CodeUri: functions/{binary.removeprefix('waybill-')}\n"
        if text.count(source) != 1:
            raise SystemExit(f"FAILED: template.yaml has {source.strip()!r} {text.count(source)} times")
        text = text.replace(source, f"CodeUri: {package}\n")
    template = pathlib.Path(folder) / "template.yaml"
    template.write_text(text)
    return template


def docker_answers():
    try:
        done = subprocess.run(["docker", "info"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
