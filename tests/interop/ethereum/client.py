"""Ethereum's clients against the Ethereum port of a node: ethers 6 and 5, viem, web3.js, web3.py, and Foundry's cast. Each meets a HelloWorld that `hanse tx` deployed,
and a Probe (Probe.sol, compiled as Probe.json says) that is deployed with transactions signed by ethers' tools (fisco.js)."""

import glob
import json
import os
import re
import subprocess
import sys

import support
from framework import CONTRACTS, Client, Skip, cached, fetch, npm_packages, run_client

WEB3_PY = "8.0.0"
HELLO_ABI = os.path.join(CONTRACTS, "HelloWorld.abi")


def deploy_hello(chain):
    accounts = os.path.join(chain.folder, "accounts")
    support.run_hanse("account", "new", "-o", accounts)
    key = os.path.join(accounts, next(name for name in os.listdir(accounts) if not name.endswith(".public.pem")))
    rpc = "127.0.0.1:%d" % chain.rpc_ports[0]
    done = support.run_hanse("tx", "deploy", "--rpc", rpc, "--key", key, "--abi", HELLO_ABI, "--bin", os.path.join(CONTRACTS, "HelloWorld.bin"))
    return re.search(r"contract +(0x[0-9a-f]{40})", done.stdout).group(1)


def open_ethereum_ports(chain):
    base = support.take_ports(4)
    chain.ethereum_urls = ["http://127.0.0.1:%d" % (base + i) for i in range(4)]
    for i, node in enumerate(chain.nodes):
        node.set("config.ini", "rpc", "ethereum_listen_port", base + i)


def deploy_probe(work, url):
    done = subprocess.run(["node", "deploy.js", url], cwd=work, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout.strip()


def run_script(*command, with_probe=False):
    def run(chain, work):
        url = chain.ethereum_urls[0]
        env = {"PYTHONPATH": os.path.join(work, "site")}
        arguments = [url, url.replace("http", "ws") + "/group/1", deploy_hello(chain), HELLO_ABI]
        if with_probe:
            arguments.append(deploy_probe(work, url))
        run_client([*command, *arguments], work, env=env)
    return run


class Cast:
    """Foundry's cast at a node's URL."""

    def __init__(self, work, url):
        programs = glob.glob(os.path.join(work, "node_modules", "@foundry-rs", "cast-*", "bin", "cast"))  # npm's starter hides the exit status
        if not programs:
            raise Skip("no cast for this kind of machine")
        self.program, self.url, self.work = programs[0], url, work

    def run(self, *arguments, fails=False):
        command = [self.program, *map(str, arguments), "--rpc-url", self.url]
        done = subprocess.run(command, cwd=self.work, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
                              env=dict(os.environ, FOUNDRY_DISABLE_NIGHTLY_WARNING="1"))
        if (done.returncode != 0) != fails:
            raise AssertionError("%s: status %d\n%s\n%s" % (" ".join(command), done.returncode, done.stdout, done.stderr))
        return (done.stderr if fails else done.stdout).strip()

    def json(self, *arguments):
        return json.loads(self.run(*arguments, "--json"))


def expect(found, wanted):
    if found != wanted:
        raise AssertionError("%r, expected %r" % (found, wanted))


def expect_part(part, text):
    if part not in text:
        raise AssertionError("%r is not in %r" % (part, text))


def ok(what):
    print("   ok " + what, flush=True)


def run_cast(chain, work):
    cast, hello = Cast(work, chain.ethereum_urls[0]), deploy_hello(chain)
    expect(cast.run("chain-id"), "1")
    if not cast.run("client").startswith("hanse/"):
        raise AssertionError(cast.run("client"))
    head = int(cast.run("block-number"))
    block = cast.json("block", head, "--full")
    expect(int(block["number"], 16), head)
    expect(len(block["transactions"]), 1)
    expect(cast.run("block", "latest", "--field", "hash"), block["hash"])
    ok("chain, client, blocks")
    transaction = block["transactions"][0]
    expect(cast.json("tx", transaction["hash"])["blockHash"], block["hash"])
    receipt = cast.json("receipt", transaction["hash"])
    expect((receipt["status"], receipt["contractAddress"].lower()), ("0x1", hello.lower()))
    ok("a transaction and its receipt")
    expect(cast.run("call", hello, "get()(string)"), '"Hello, World!"')
    expect(len(cast.run("code", hello)) > 100, True)
    expect(int(cast.run("storage", hello, 1), 16), 0)
    expect((cast.run("balance", hello), cast.run("nonce", hello), cast.run("gas-price")), ("0", "0", "0"))
    expect(int(cast.run("estimate", hello, "set(string)", "x")) > 21000, True)
    ok("a view, code, storage, balance, gas")
    probe = deploy_probe(work, cast.url)
    expect(cast.run("call", probe, "mustBeSmall(uint256)(uint256)", 4), "8")
    for argument, part in ((99, "too large"), (5, "0xc246547f")):
        expect_part(part, cast.run("call", probe, "mustBeSmall(uint256)(uint256)", argument, fails=True))
    expect_part("4e487b71", cast.run("call", probe, "divide(uint256,uint256)(uint256)", 1, 0, fails=True))
    ok("reverts")
    found = cast.json("logs", "--from-block", 0, "--address", probe, "Stored(address indexed,uint256 indexed,string)")
    expect(len(found), 1)
    expect(int(found[0]["topics"][2], 16), 7)
    expect(cast.json("logs", "--from-block", 0, "--address", hello), [])
    ok("logs")
    raw = subprocess.run(["node", "deploy.js", cast.url, "--raw"], cwd=work, check=True, capture_output=True, text=True, timeout=60).stdout.strip()
    published = cast.run("rpc", "eth_sendRawTransaction", raw).strip('"')
    support.wait_until(lambda: cast.run("rpc", "eth_getTransactionReceipt", published) != "null", 20, "a receipt")
    expect(json.loads(cast.run("rpc", "eth_getTransactionReceipt", published))["status"], "0x1")
    ok("a raw transaction")


def python_packages(work):
    npm_packages(work)  # what deploys the Probe
    manifest = "web3==%s\n" % WEB3_PY

    def make(folder):
        fetch([sys.executable, "-m", "pip", "install", "-q", "--target", folder, manifest.strip()], folder, "pip's packages")
    os.symlink(cached("web3-py", manifest, make), os.path.join(work, "site"))


def client(name, run, packages=npm_packages):
    return Client(name, needs=["node", "npm"], fetch=packages, prepare=open_ethereum_ports, run=run)


CLIENTS = [
    client("ethers 6.17.0", run_script("node", "interop-ethers.js")),
    client("ethers5 5.7.2", run_script("node", "interop-ethers5.js", with_probe=True)),
    client("viem 2.57.20", run_script("node", "interop-viem.js")),
    client("web3.js 4.16.0", run_script("node", "interop-web3.js", with_probe=True)),
    client("web3.py " + WEB3_PY, run_script(sys.executable, "interop_web3.py", with_probe=True), python_packages),
    client("cast 1.7.1", run_cast),
]
