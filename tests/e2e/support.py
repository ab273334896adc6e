"""Real chains for the tests of this folder: directories made by `hanse chain create`, processes, sockets.

The program under test is named by HANSE (default: HANSE_DEFAULT, which ctest sets, then build/release/hanse). HANSE_PATIENCE
multiplies every waiting time (for slow builds). Everything lives in one temporary directory for each run and is killed and
removed at the end, also after a failure and after SIGTERM."""

import atexit
import configparser
import contextlib
import ctypes
import fcntl
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import signing

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HANSE = os.path.abspath(os.environ.get("HANSE") or os.environ.get("HANSE_DEFAULT") or
                        os.path.join(SOURCE, "build", "release", "hanse"))
CONTRACT = os.path.join(SOURCE, "contracts", "build", "HelloWorld")
PATIENCE = float(os.environ.get("HANSE_PATIENCE", "1"))
SEED = int(os.environ.get("HANSE_SEED", random.SystemRandom().randrange(1 << 32)))
RANDOM = random.Random(SEED)
GROUP = 1
BLOCK_LIMIT_AHEAD = 500
# What a sanitizer prints when it has found something.
_SANITIZER = re.compile(r"ERROR: (Address|Leak)Sanitizer|runtime error:|WARNING: ThreadSanitizer|Assertion .* failed")


# ---- one directory and one block of ports for each run ----

_PREFIX = "hanse-e2e-"


def _is_alive(pid):
    return os.path.exists("/proc/%d" % pid)


def _remove_leftovers():
    """Directories of runs that were killed the hard way; their nodes died with them (see _die_with_parent)."""
    for name in os.listdir(tempfile.gettempdir()):
        owner = name[len(_PREFIX):].split("-")[0] if name.startswith(_PREFIX) else ""
        if owner.isdigit() and not _is_alive(int(owner)):
            shutil.rmtree(os.path.join(tempfile.gettempdir(), name), ignore_errors=True)


class _Ports:
    """Blocks of 64 ports, each taken by one run at a time (a lock that the kernel takes back), below the ephemeral range."""
    FIRST, BLOCK, BLOCKS = 12000, 64, 300

    def __init__(self):
        order = list(range(self.BLOCKS))
        random.SystemRandom().shuffle(order)
        for block in order:
            base = self.FIRST + block * self.BLOCK
            self._lock = open(os.path.join(tempfile.gettempdir(), "hanse-ports-%d.lock" % base), "w")
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self._lock.close()
                continue
            if all(self._is_free(port) for port in range(base, base + self.BLOCK)):
                self.base, self._next = base, 0
                return
            self._lock.close()
        raise RuntimeError("no free block of ports")

    @staticmethod
    def _is_free(port):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("0.0.0.0", port))
            except OSError:
                return False
            return True

    def take(self, count):
        if self._next + count > self.BLOCK:
            self._next = 0  # the chains of earlier tests are gone
        first = self.base + self._next
        self._next += count
        return first

    def close(self):
        path = self._lock.name
        with contextlib.suppress(OSError):
            os.unlink(path)
        self._lock.close()


_ports = None
_folder = None
_processes = []
_mounts = []
_counter = 0


def folder():
    """A new directory inside this run's."""
    global _folder, _counter
    if _folder is None:
        _remove_leftovers()
        _folder = tempfile.mkdtemp(prefix="%s%d-" % (_PREFIX, os.getpid()))
    _counter += 1
    path = os.path.join(_folder, "%d" % _counter)
    os.mkdir(path)
    return path


def take_ports(count):
    global _ports
    if _ports is None:
        _ports = _Ports()
    return _ports.take(count)


def mount_tmpfs(path, megabytes):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%dm" % megabytes, "hanse-e2e", path], check=True, capture_output=True)
    _mounts.append(path)


def unmount(path):
    subprocess.run(["umount", "-l", path], check=False, capture_output=True)
    _mounts.remove(path)


def _clean_up():
    for process in _processes:
        if process.poll() is None:
            process.kill()
            process.wait()
    for path in list(_mounts):
        unmount(path)
    if _folder:
        shutil.rmtree(_folder, ignore_errors=True)
    if _ports:
        _ports.close()


def _end(number, frame):
    raise KeyboardInterrupt("signal %d" % number)  # the one exception that unittest lets through


atexit.register(_clean_up)
signal.signal(signal.SIGTERM, _end)

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def run_hanse(*arguments, cwd=None, timeout=60, check=True):
    """`hanse ARGUMENTS` to its end."""
    done = subprocess.run([HANSE, *arguments], cwd=cwd, timeout=timeout * PATIENCE, capture_output=True, text=True)
    if check and done.returncode != 0:
        raise AssertionError("hanse %s: exit status %d\n%s%s" % (" ".join(arguments), done.returncode, done.stdout, done.stderr))
    return done


# ---- waiting ----

def wait_until(condition, seconds, what):
    """The first true value of condition(); AssertionError naming `what` (a text, or a function that gives one) otherwise."""
    until = time.monotonic() + seconds * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= until:
            raise AssertionError("not within %g s: %s" % (seconds * PATIENCE, what() if callable(what) else what))
        time.sleep(0.01)


# ---- JSON-RPC ----

class RpcError(Exception):
    def __init__(self, error):
        super().__init__("%d %s" % (error["code"], error["message"]))
        self.code, self.message = error["code"], error["message"]


class Silent(Exception):
    """The node does not answer."""


class Rpc:
    """One kept-alive connection. Thread: one at a time."""

    def __init__(self, port, timeout=20):
        self._port, self._timeout, self._http, self._id = port, timeout * PATIENCE, None, 0

    def post(self, body):
        """The answer's text."""
        for attempt in (0, 1):
            fresh = self._http is None
            if fresh:
                self._http = http.client.HTTPConnection("127.0.0.1", self._port, timeout=self._timeout)
            try:
                if fresh:
                    self._http.connect()
                    self._http.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._http.request("POST", "/", body, {"Content-Type": "application/json"})
                return self._http.getresponse().read()
            except (OSError, http.client.HTTPException) as failure:
                self.close()
                if fresh or attempt:  # a kept connection may have gone with a node that was restarted
                    raise Silent("port %d: %r" % (self._port, failure)) from failure

    def call(self, method, *params):
        self._id += 1
        answer = json.loads(self.post(json.dumps({"jsonrpc": "2.0", "method": method, "params": params, "id": self._id})))
        if "error" in answer:
            raise RpcError(answer["error"])
        return answer["result"]

    def close(self):
        if self._http:
            self._http.close()
        self._http = None

    # What the tests ask often.

    def height(self):
        return int(self.call("getBlockNumber", GROUP), 16)

    def block(self, number):
        return self.call("getBlockByNumber", GROUP, hex(number), False)

    def receipt(self, tx_hash):
        return self.call("getTransactionReceipt", GROUP, tx_hash)

    def wait_receipt(self, tx_hash, seconds=30):
        return wait_until(lambda: self.receipt(tx_hash), seconds, "receipt of %s" % tx_hash)

    def send(self, raw):
        return self.call("sendRawTransaction", GROUP, "0x" + raw.hex())


# ---- nodes and chains ----

class Node:
    def __init__(self, chain_folder, name, program):
        self.name = name
        self.folder = os.path.join(chain_folder, name)
        self.program = program
        self.process = None
        self.expects_findings = False
        self._rpc = None
        self._read_ports()

    def _read_ports(self):
        config = configparser.ConfigParser(strict=False, interpolation=None)
        config.read(self.path("config.ini"))
        self.p2p_port = config.getint("p2p", "listen_port")
        self.rpc_port = config.getint("rpc", "jsonrpc_listen_port")
        self.channel_port = config.getint("rpc", "channel_listen_port")

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def set(self, file, section, key, value):
        """Changes one setting, or adds it to the section."""
        with open(self.path(file)) as f:
            lines = f.read().split("\n")
        where = lines.index("[%s]" % section) if "[%s]" % section in lines else None
        if where is None:
            lines += ["[%s]" % section]
            where = len(lines) - 1
        end = next((i for i in range(where + 1, len(lines)) if lines[i].startswith("[")), len(lines))
        at = next((i for i in range(where + 1, end) if lines[i].strip().startswith(key + "=")), None)
        line = "    %s=%s" % (key, value)
        if at is None:
            lines.insert(where + 1, line)
        else:
            lines[at] = line
        with open(self.path(file), "w") as f:
            f.write("\n".join(lines))

    def start(self):
        assert self.process is None or self.process.poll() is not None, "%s runs" % self.name
        self._read_ports()
        self._out_start = 0
        out = open(self.path("nohup.out"), "ab")
        self._out_start = out.tell()
        self.process = subprocess.Popen([self.program, "node", "-c", "config.ini"], cwd=self.folder, stdin=subprocess.DEVNULL,
                                        stdout=out, stderr=out, preexec_fn=_die_with_parent)
        out.close()
        _processes.append(self.process)
        return self

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    @property
    def rpc(self):
        """The test's own connection; threads make others with connect()."""
        if self._rpc is None:
            self._rpc = self.connect()
        return self._rpc

    def connect(self, **options):
        return Rpc(self.rpc_port, **options)

    def wait_answers(self, seconds=15):
        def answers():
            if not self.is_running():
                raise AssertionError("%s ended with %s" % (self.name, self.process.returncode))
            rpc = self.connect(timeout=2)
            try:
                rpc.call("getClientVersion")
                return True
            except Silent:
                return False
            finally:
                rpc.close()
        wait_until(answers, seconds, "%s answers on port %d" % (self.name, self.rpc_port))
        return self

    def wait_exit(self, seconds=10):
        """The exit status."""
        try:
            return self.process.wait(seconds * PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError("%s still runs after %g s" % (self.name, seconds * PATIENCE)) from None

    def stop(self, seconds=10):
        """SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait_exit(seconds)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def output(self):
        """What the present or last process printed."""
        with open(self.path("nohup.out"), errors="replace") as f:
            f.seek(self._out_start)
            return f.read()

    def all_output(self):
        with contextlib.suppress(OSError), open(self.path("nohup.out"), errors="replace") as f:
            return f.read()
        return ""

    def log(self):
        text, names = "", []
        with contextlib.suppress(OSError):
            names = sorted(os.listdir(self.path("log")))
        for name in names:
            with open(self.path("log", name), errors="replace") as f:
                text += f.read()
        return text

    def wait_log(self, pattern, seconds=15):
        return wait_until(lambda: re.search(pattern, self.log()), seconds, "%s in the log of %s" % (pattern, self.name))

    def memory_kb(self, what="VmRSS"):
        with open("/proc/%d/status" % self.process.pid) as f:
            return int(re.search(r"%s:\s+(\d+) kB" % what, f.read()).group(1))

    def findings(self):
        """Lines in which a sanitizer or an assertion reports."""
        return [line for line in self.all_output().splitlines() if _SANITIZER.search(line)]


class Chain:
    def __init__(self, count=4, *, options=(), group_settings=(), rsa_channel=False):
        self.folder = folder()
        base = take_ports(3 * count)
        run_hanse("chain", "create", "-l", "127.0.0.1:%d" % count, "-o", "nodes", *([] if rsa_channel else ["-R"]),
                  "-p", "%d,%d,%d" % (base, base + count, base + 2 * count), *options, cwd=self.folder)
        self.nodes_folder = os.path.join(self.folder, "nodes", "127.0.0.1")
        program = os.path.join(self.nodes_folder, "hanse")
        self.nodes = [Node(self.nodes_folder, "node%d" % i, program) for i in range(count)]
        for node in self.nodes:
            for section, key, value in group_settings:
                node.set("conf/group.1.ini", section, key, value)
        self.account = signing.Account()
        self.key_file = None
        self.contract = None

    def start(self, nodes=None):
        nodes = self.nodes if nodes is None else nodes
        for node in nodes:
            node.start()
        self.wait_agreed(nodes)
        return self

    def wait_agreed(self, nodes=None, seconds=30):
        """Until every node answers, sees all the others, and all have the same head and a leader."""
        nodes = self.nodes if nodes is None else nodes
        state = ["?"]

        def agreed():
            state[0], heads = "", set()
            for node in nodes:
                if not node.is_running():
                    raise AssertionError("%s ended with %s" % (node.name, node.process.returncode))
                rpc = node.connect(timeout=5)
                try:
                    peers = len(rpc.call("getPeers", GROUP))
                    status = rpc.call("getConsensusStatus", GROUP)[0]
                    heads.add((status["highestblockNumber"], status["highestblockHash"]))
                    state[0] += " %s: %d peers, view %s, leaderFailed %s, block %s;" % (
                        node.name, peers, status["currentView"], status["leaderFailed"], status["highestblockNumber"])
                    if peers < len(nodes) - 1 or status["leaderFailed"]:
                        return False
                except Silent:
                    state[0] += " %s: silent;" % node.name
                    return False
                finally:
                    rpc.close()
            return len(heads) == 1
        wait_until(agreed, seconds, lambda: "the nodes agree:" + state[0])

    def deploy(self, node=None):
        """The demo contract, through `hanse tx`; its address as 20 bytes."""
        node = node or self.nodes[0]
        if self.key_file is None:
            run_hanse("account", "new", "-o", "accounts", cwd=self.folder)
            accounts = os.path.join(self.folder, "accounts")
            self.key_file = next(os.path.join(accounts, name) for name in os.listdir(accounts)
                                 if name.endswith(".pem") and not name.endswith(".public.pem"))
        out = self.hanse_tx(node, "deploy", "--bin", CONTRACT + ".bin", "--key", self.key_file)
        self.contract = bytes.fromhex(re.search(r"contract +0x([0-9a-f]{40})", out).group(1))
        return self.contract

    def hanse_tx(self, node, command, *arguments):
        return run_hanse("tx", command, "--rpc", "127.0.0.1:%d" % node.rpc_port, "--abi", CONTRACT + ".abi", *arguments).stdout

    def hanse_set(self, node, text):
        """`hanse tx send ... set TEXT`: waits for the receipt; its output."""
        return self.hanse_tx(node, "send", "--to", "0x" + self.contract.hex(), "--key", self.key_file, "set", text)

    def hanse_get(self, node):
        return self.hanse_tx(node, "call", "--to", "0x" + self.contract.hex(), "get")

    def sign_set(self, text, height, **options):
        """(raw, hash) of set(text)."""
        return signing.transaction(self.account, self.contract, signing.call_with_text("set(string)", text),
                                   height + BLOCK_LIMIT_AHEAD, **options)

    def send_set(self, rpc, text, **options):
        """Sends set(text) and waits for the receipt."""
        raw, tx_hash = self.sign_set(text, rpc.height(), **options)
        assert rpc.send(raw) == tx_hash
        return rpc.wait_receipt(tx_hash)

    def leader(self, node):
        """The node that leads now, as `node` sees it: (view + height) mod n over the sorted sealers."""
        status = node.rpc.call("getConsensusStatus", GROUP)[0]
        sealers = sorted(status["sealer.%d" % i] for i in range(status["nodeNum"]))
        wanted = sealers[(status["currentView"] + status["highestblockNumber"]) % len(sealers)]
        for candidate in self.nodes:
            with open(candidate.path("conf", "node.nodeid")) as f:
                if f.read().strip() == wanted:
                    return candidate
        raise AssertionError("no node has the id %s" % wanted)

    def destroy(self):
        for node in self.nodes:
            if node._rpc:
                node._rpc.close()
            if node.is_running():
                node.kill()
        for path in [p for p in _mounts if p.startswith(self.folder + "/")]:
            unmount(path)
        shutil.rmtree(self.folder, ignore_errors=True)

    def print_logs(self, lines=40):
        for node in self.nodes:
            ended = "running" if node.is_running() else node.process and "ended with %s" % node.process.returncode
            print("---- %s (%s): nohup.out" % (node.name, ended or "never started"), file=sys.stderr)
            print("\n".join(node.all_output().splitlines()[-2 * lines:]), file=sys.stderr)
            print("---- %s: log" % node.name, file=sys.stderr)
            print("\n".join(node.log().splitlines()[-lines:]), file=sys.stderr)


# ---- what every test file uses ----

class ChainTest(unittest.TestCase):
    """Chains made with self.chain() are destroyed at the end of the test; their logs are printed when it failed."""

    def run(self, result=None):
        self._chains = []
        before = len(result.failures) + len(result.errors)
        try:
            super().run(result)
        finally:
            if len(result.failures) + len(result.errors) > before:
                print("HANSE=%s HANSE_SEED=%d" % (HANSE, SEED), file=sys.stderr)
                for chain in self._chains:
                    chain.print_logs()
            for chain in self._chains:
                chain.destroy()

    def chain(self, *arguments, **options):
        chain = Chain(*arguments, **options)
        self._chains.append(chain)
        return chain

    def tearDown(self):
        for chain in self._chains:
            for node in chain.nodes:
                if not node.expects_findings:
                    self.assertEqual(node.findings(), [], "%s reports" % node.name)

    def assert_same_chain(self, nodes, seconds=30):
        """All nodes reach one height and hold the same block hash and state root at every height; returns the height."""
        rpcs = [node.rpc for node in nodes]
        heights = []

        def level():
            heights[:] = [rpc.height() for rpc in rpcs]
            return len(set(heights)) == 1
        wait_until(level, seconds, lambda: "one height: %s" % heights)
        for number in range(heights[0] + 1):
            blocks = [rpc.block(number) for rpc in rpcs]
            for node, block in zip(nodes, blocks):
                for key in ("hash", "stateRoot", "receiptsRoot", "transactionsRoot", "parentHash", "dbHash"):
                    self.assertEqual(block.get(key), blocks[0].get(key), "%s of block %d on %s" % (key, number, node.name))
        return heights[0]


class Background(threading.Thread):
    """Runs work(stop_event) beside the test; join_result raises what it raised."""

    def __init__(self, work):
        super().__init__(daemon=True)
        self._work, self.stopping, self._failure = work, threading.Event(), None

    def run(self):
        try:
            self._work(self.stopping)
        except BaseException as failure:  # handed to the test
            self._failure = failure

    def join_result(self):
        self.stopping.set()
        self.join(60 * PATIENCE)
        assert not self.is_alive(), "the background work does not end"
        if self._failure:
            raise self._failure


def main():
    unittest.main(verbosity=2)
