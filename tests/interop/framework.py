"""What the rows of run.py are made of: a client of hanse, the chain it talks to, and its packages.

A folder of tests/interop that has a `client.py` is a client; the file ends with `CLIENTS = [Client(...), ...]`:

    from framework import Client, run_client

    CLIENTS = [Client("some-sdk 1.2.3", needs=["node", "npm"], fetch=lambda work: npm_packages(work), run=run)]

    def run(chain, work):                      # work: a copy of the client's folder with the packages that fetch brought
        run_client(["node", "interop.js", str(chain.nodes[0].rpc_port)], work)

The client's program prints "ok WHAT" for each thing it has checked and "all done" at the end; it must check answers, not only
that nothing was thrown."""

import hashlib
import os
import shutil
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

import support  # noqa: E402

CONTRACTS = os.path.dirname(support.CONTRACT)
FETCH_SECONDS = int(os.environ.get("INTEROP_FETCH_SECONDS", "120"))
RUN_SECONDS = 150
# Packages of clients, by what asked for them; safe to delete.
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "hanse-interop")


class Skip(Exception):
    """A client cannot run here; the text says why."""


class Client:
    """name: what is asked for on the command line, a blank, a version. needs: programs on the PATH. fetch(work): brings the
    packages into the client's copy of its folder, raises Skip when they cannot be had; may be None. run(chain, work): raises
    when anything differs. prepare(chain): changes the configuration of nodes that have not been started yet. make_options:
    further options of `hanse chain create`."""

    def __init__(self, name, *, run, needs=(), fetch=None, prepare=None, make_options=(), folder=None):
        self.name, self.run, self.needs, self.fetch, self.prepare = name, run, needs, fetch, prepare
        self.make_options, self.folder = make_options, folder

    def test(self):
        """Runs it against a chain of its own."""
        missing = [program for program in self.needs if not shutil.which(program)]
        if missing:
            raise Skip("not installed: %s" % ", ".join(missing))
        work = os.path.join(support.folder(), os.path.basename(self.folder))
        shutil.copytree(self.folder, work, ignore=shutil.ignore_patterns("client.py", "__pycache__"))
        if self.fetch:
            self.fetch(work)
        chain = Chain(self.make_options, self.prepare)
        try:
            chain.start()
            self.run(chain, work)
            chain.stop()
        except Exception:
            if os.environ.get("INTEROP_KEEP"):
                shutil.copytree(chain.folder, os.environ["INTEROP_KEEP"], dirs_exist_ok=True)
            raise
        finally:
            chain.kill()


class Chain:
    """Four nodes; the channel ports take the RSA certificates in `sdk` (another folder for other options)."""

    def __init__(self, make_options=(), prepare=None):
        self.folder = support.folder()
        base = support.take_ports(12)
        support.run_hanse("chain", "create", "-l", "127.0.0.1:4", "-p", "%d,%d,%d" % (base, base + 4, base + 8), *make_options, cwd=self.folder)
        self.nodes_folder = os.path.join(self.folder, "nodes", "127.0.0.1")
        self.sdk = os.path.join(self.nodes_folder, "sdk")
        self.channel_ports = [base + 4 + i for i in range(4)]
        self.rpc_ports = [base + 8 + i for i in range(4)]
        self.nodes = [support.Node(self.nodes_folder, "node%d" % i, support.HANSE) for i in range(4)]
        if prepare:
            prepare(self)

    def start(self):
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            node.wait_answers()
        support.wait_until(lambda: len(self.nodes[0].rpc.call("getPeers", 1)) == 3, 20, "three peers")

    def stop_node(self, number):
        if self.nodes[number].stop() != 0:
            raise AssertionError("%s ended with %s" % (self.nodes[number].name, self.nodes[number].process.returncode))

    def start_node(self, number):
        self.nodes[number].start().wait_answers()
        support.wait_until(lambda: len(self.nodes[number].rpc.call("getPeers", 1)) == 3, 20, "three peers again")

    def stop(self):
        """Every node ends by itself with status 0, and no sanitizer has said anything."""
        for node in self.nodes:
            if node.is_running() and node.stop() != 0:
                raise AssertionError("%s ended with %s" % (node.name, node.process.returncode))
            if node.findings():
                raise AssertionError("%s: %s" % (node.name, node.findings()))

    def kill(self):
        for node in self.nodes:
            if node.is_running():
                node.kill()


def checkout(name):
    """The folder of an SDK that no registry has: SDKS names the folder in which the user keeps it, ready to run."""
    if not os.environ.get("SDKS"):
        raise Skip("no registry has it; `make interop SDKS=DIR` runs it from DIR/%s (docs/sdks.md)" % name)
    place = os.path.join(os.path.abspath(os.environ["SDKS"]), name)
    if not os.path.isdir(place):
        raise Skip("there is no %s" % place)
    return place


def fetch(command, cwd, why, env=None):
    """Runs a package manager; what it cannot reach is a reason to skip, not a failure."""
    try:
        done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=FETCH_SECONDS)
    except subprocess.TimeoutExpired:
        raise Skip("%s: not within %d s" % (why, FETCH_SECONDS)) from None
    if done.returncode != 0:
        raise Skip("%s: %s" % (why, (done.stdout + done.stderr).strip().splitlines()[-1:]))


def cached(name, manifest, make):
    """A folder that make(folder) has filled, kept between runs for as long as the manifest's text stays the same."""
    key = hashlib.sha256(manifest.encode()).hexdigest()[:16]
    place = os.path.join(CACHE, "%s-%s" % (name, key))
    if not os.path.isdir(place):
        os.makedirs(CACHE, exist_ok=True)
        fresh = "%s.%d" % (place, os.getpid())
        shutil.rmtree(fresh, ignore_errors=True)
        os.mkdir(fresh)
        try:
            make(fresh)
            os.rename(fresh, place)
        except OSError:
            if not os.path.isdir(place):  # else another run was faster
                raise
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return place


def npm_packages(work):
    """node_modules for the package.json and package-lock.json of `work`."""
    files = [name for name in ("package.json", "package-lock.json") if os.path.exists(os.path.join(work, name))]
    manifest = "".join(open(os.path.join(work, name)).read() for name in files)

    def make(folder):
        for name in files:
            shutil.copy(os.path.join(work, name), folder)
        fetch(["npm", "ci" if len(files) == 2 else "install", "--no-audit", "--no-fund", "--loglevel=error"], folder, "npm's packages")
    os.symlink(os.path.join(cached(os.path.basename(work), manifest, make), "node_modules"), os.path.join(work, "node_modules"))


def run_client(command, cwd, env=None, seconds=RUN_SECONDS, chain=None):
    """Runs the client's program to its "all done"; env: variables to add. Returns the count of its "ok" lines.

    With a chain the program may ask for things: it prints "do stop N" or "do start N" and reads a line when node N is down or up again."""
    process = subprocess.Popen(command, cwd=cwd, env=dict(os.environ, **(env or {})), stdin=subprocess.PIPE if chain else subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    errors, lines, late = [], [], threading.Event()
    reader = threading.Thread(target=lambda: errors.extend(process.stderr), daemon=True)
    reader.start()
    clock = threading.Timer(seconds, lambda: (late.set(), process.kill()))
    clock.start()
    try:
        for line in process.stdout:
            lines.append(line)
            if line.startswith("ok "):
                print("   " + line, end="", flush=True)
            elif line.startswith("do ") and chain:
                action, number = line.split()[1:]
                {"stop": chain.stop_node, "start": chain.start_node}[action](int(number))
                process.stdin.write("done\n")
                process.stdin.flush()
        status = process.wait()
    finally:
        clock.cancel()
        process.kill()
        process.wait()
    reader.join()
    said = "".join(lines)[-4000:] + "\n" + "".join(errors)[-4000:]
    if late.is_set():
        raise AssertionError("no end within %d s; it said: %s" % (seconds, said))
    if status != 0 or "all done\n" not in lines:
        raise AssertionError("exit status %s\n%s" % (status, said))
    return sum(line.startswith("ok ") for line in lines)
