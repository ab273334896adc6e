#!/usr/bin/env python3
"""Public SDKs against a real chain of four nodes: `make interop`.

An SDK is skipped, with a word why, when its tools are not installed or its packages cannot be fetched within a minute or two.
Arguments: names of SDKs, or none for all. The last line is "N passed, N failed, N skipped"; exit status 0 unless something failed."""

import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

import support  # noqa: E402

FETCH_SECONDS = int(os.environ.get("INTEROP_FETCH_SECONDS", "120"))
RUN_SECONDS = 150


class Skip(Exception):
    pass


class Chain:
    """Four nodes with the RSA certificates of the channel port."""

    def __init__(self):
        self.folder = support.folder()
        base = support.take_ports(12)
        self.channel_port = base + 4
        support.run_hanse("chain", "create", "-l", "127.0.0.1:4", "-p", "%d,%d,%d" % (base, base + 4, base + 8), cwd=self.folder)
        self.nodes = [support.Node(os.path.join(self.folder, "nodes", "127.0.0.1"), "node%d" % i, support.HANSE).start() for i in range(4)]
        for node in self.nodes:
            node.wait_answers()
        support.wait_until(lambda: len(self.nodes[0].rpc.call("getPeers", 1)) == 3, 20, "three peers")
        self.sdk = os.path.join(self.folder, "nodes", "127.0.0.1", "sdk")

    def stop(self):
        for node in self.nodes:
            status = node.stop()
            if status != 0:
                raise AssertionError("%s ended with %s" % (node.name, status))


def fetch(command, cwd, why):
    """Runs a package manager; what it cannot reach is a reason to skip, not a failure."""
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=FETCH_SECONDS)
    except subprocess.TimeoutExpired:
        raise Skip("%s: not within %d s" % (why, FETCH_SECONDS))
    if done.returncode != 0:
        raise Skip("%s: %s" % (why, (done.stdout + done.stderr).strip().splitlines()[-1:]))


def run_client(command, cwd, env=None):
    try:
        done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=RUN_SECONDS)
    except subprocess.TimeoutExpired as late:
        raise AssertionError("no end within %d s; it said: %s" % (RUN_SECONDS, (late.stdout or b"").decode()[-2000:])) from None
    print("\n".join(line for line in done.stdout.splitlines() if line.startswith("ok ") or line == "all done"), flush=True)
    if done.returncode != 0 or "all done" not in done.stdout:
        raise AssertionError("exit status %s\n%s\n%s" % (done.returncode, done.stdout[-4000:], done.stderr[-4000:]))


def java_sdk(chain):
    if not shutil.which("java") or not shutil.which("mvn"):
        raise Skip("java and mvn are not installed")
    work = os.path.join(chain.folder, "java-sdk")
    shutil.copytree(os.path.join(HERE, "java-sdk"), work)
    fetch(["mvn", "-q", "-B", "dependency:build-classpath", "-Dmdep.outputFile=classpath.txt"], work, "the SDK's packages")
    with open(os.path.join(work, "classpath.txt")) as f:
        classpath = f.read().strip()
    subprocess.run(["javac", "-nowarn", "-proc:none", "-cp", classpath, "-d", ".", "src/main/java/Interop.java"], cwd=work, check=True)
    run_client(["java", "-cp", ".:" + classpath, "Interop", chain.sdk, str(chain.channel_port), str(chain.channel_port + 1),
                support.CONTRACT.rsplit("/", 1)[0]], work)


def go_sdk(chain):
    if not shutil.which("go"):
        raise Skip("go is not installed")
    work = os.path.join(chain.folder, "go-sdk")
    shutil.copytree(os.path.join(HERE, "go-sdk"), work)
    fetch(["go", "mod", "download"], work, "the SDK's modules")
    subprocess.run(["go", "build", "-o", "interop", "."], cwd=work, check=True, timeout=RUN_SECONDS)
    run_client(["./interop", chain.sdk, str(chain.channel_port), str(chain.channel_port + 1), support.CONTRACT.rsplit("/", 1)[0]], work)


SDKS = [("java-sdk 2.10.1", java_sdk), ("go-sdk 1.0.0", go_sdk)]


def main():
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    wanted = sys.argv[1:]
    for name, run in SDKS:
        if wanted and name.split()[0] not in wanted:
            continue
        print("== %s" % name, flush=True)
        chain = None
        try:
            chain = Chain()
            run(chain)
            chain.stop()
            counts["passed"] += 1
        except Skip as reason:
            counts["skipped"] += 1
            print("skipped %s: %s" % (name, reason), flush=True)
        except Exception as failure:
            counts["failed"] += 1
            print("FAILED %s: %s" % (name, failure), flush=True)
            if chain and os.environ.get("INTEROP_KEEP"):
                shutil.copytree(chain.folder, os.environ["INTEROP_KEEP"], dirs_exist_ok=True)
    print("%(passed)d passed, %(failed)d failed, %(skipped)d skipped" % counts)
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
