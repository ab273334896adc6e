"""The public Python SDK, as applications use it, against the first node of a running chain.

Arguments: folder of the SDK, folder with the certificates, channel port and RPC port of node 0, folder of the compiled HelloWorld.
Prints a line "ok WHAT" for each step, and "all done" at the end."""

import collections
import contextlib
import inspect
import io
import json
import os
import secrets
import sys
import threading
import time

SDK, CERTIFICATES, CHANNEL_PORT, RPC_PORT, CONTRACTS = sys.argv[1:]
sys.path[0:0] = [os.getcwd(), SDK]

if not hasattr(inspect, "getargspec"):  # gone since Python 3.11; a package that the SDK brings along still asks for it
    inspect.getargspec = lambda function: collections.namedtuple("ArgSpec", "args varargs keywords defaults")(*inspect.getfullargspec(function)[:4])

from client_config import client_config  # noqa: E402

client_config.channel_port = int(CHANNEL_PORT)
client_config.remote_rpcurl = "http://127.0.0.1:" + RPC_PORT
client_config.channel_ca = os.path.join(CERTIFICATES, "ca.crt")
client_config.channel_node_cert = os.path.join(CERTIFICATES, "sdk.crt")
client_config.channel_node_key = os.path.join(CERTIFICATES, "sdk.key")

from client.bcosclient import BcosClient  # noqa: E402
from client.bcoserror import BcosError  # noqa: E402
from client.datatype_parser import DatatypeParser  # noqa: E402
from client.event_callback import BcosEventCallback, EventCallbackHandler  # noqa: E402
from client.precompile.cns.cns_service import CnsService  # noqa: E402
from client.precompile.config.config_precompile import ConfigPrecompile  # noqa: E402
from client.precompile.consensus.consensus_precompile import ConsensusPrecompile  # noqa: E402
from client.precompile.crud.crud_service import CRUDService, Table  # noqa: E402
from client.precompile.permission.permission_service import PermissionService  # noqa: E402
from client.signer_impl import Signer_ECDSA  # noqa: E402

ABI_FILE = os.path.join(CONTRACTS, "HelloWorld.abi")
with open(ABI_FILE) as f:
    ABI = json.load(f)
with open(os.path.join(CONTRACTS, "HelloWorld.bin")) as f:
    BIN = f.read().strip()

# The SDK compiles its Solidity interfaces of the built-in contracts; without a compiler it takes ABI files that are there.
INTERFACES = {
    "CNS": ["selectByName(name)>", "selectByNameAndVersion(name,version)>", "insert(name,version,addr,cnsAbi)"],
    "CRUD": ["insert(tableName,key,entry,optional)", "update(tableName,key,entry,condition,optional)",
             "remove(tableName,key,condition,optional)", "select(tableName,key,condition,optional)>"],
    "Consensus": ["addSealer(nodeID)", "addObserver(nodeID)", "remove(nodeID)"],
    "Permission": ["insert(table_name,addr)", "remove(table_name,addr)", "queryByName(table_name)>"],
    "SystemConfig": ["setValueByKey(key,value)"],
    "TableFactory": ["createTable(tableName,key,valueField)"],
}


def write_interfaces():
    """All parameters are strings; ">" marks a question that is answered with a string, the others return a number."""
    os.makedirs("precompile")
    for name, functions in INTERFACES.items():
        abi = []
        for text in functions:
            function, parameters = text.rstrip(">").rstrip(")").split("(")
            asks = text.endswith(">")
            abi.append({"type": "function", "name": function, "constant": asks, "payable": False,
                        "stateMutability": "view" if asks else "nonpayable",
                        "inputs": [{"name": one, "type": "string"} for one in parameters.split(",")],
                        "outputs": [{"name": "", "type": "string" if asks else "int256"}]})
        for ending, content in (("abi", json.dumps(abi)), ("bin", ""), ("sol", "")):
            with open(os.path.join("precompile", "%s.%s" % (name, ending)), "w") as f:
                f.write(content)


def check(found, wanted, what):
    assert found == wanted, "%s: %r instead of %r" % (what, found, wanted)
    print("ok " + what, flush=True)


def until(condition, what, seconds=15):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError("not within %d s: %s" % (seconds, what))


def quietly(function, *arguments):
    """The SDK prints what it does."""
    with contextlib.redirect_stdout(io.StringIO()):
        return function(*arguments)


def result(function, *arguments):
    """(receipt's status, number that the built-in contract returned)"""
    receipt, output = quietly(function, *arguments)
    return receipt["status"], output[0] if isinstance(output, (list, tuple)) else output


class Heard(EventCallbackHandler):
    def __init__(self):
        self.logs, self.parser = [], DatatypeParser(ABI_FILE)

    def on_event(self, eventdata):
        self.logs += self.parser.parse_event_logs(eventdata["logs"] or [])


def contract(client):
    check(client.getNodeVersion()["Chain Id"], "1", "connect")
    deployed = quietly(client.deploy, BIN)
    check((deployed["status"], deployed["from"]), ("0x0", BcosClient.default_from_account_signer.get_keypair().address.lower()), "deploy")
    address = deployed["contractAddress"]
    receipt = client.sendRawTransactionGetReceipt(address, ABI, "set", ["a word"])
    check((receipt["status"], receipt["to"], len(receipt["logs"]), receipt["logs"][0]["address"]), ("0x0", address, 1, address),
          "send: receipt with status and log")
    logs = DatatypeParser(ABI_FILE).parse_event_logs(receipt["logs"])
    check((logs[0]["eventname"], tuple(logs[0]["eventdata"])), ("Changed", ("Hello, World!", "a word")), "the log, decoded")
    check(tuple(client.call(address, ABI, "get")), ("a word",), "call")
    return address, receipt


def pushes(client, address, first):
    number = int(first["blockNumber"], 16)
    until(lambda: client.channel_handler.blockNumber >= number, "the push of block %d" % number)
    check(client.channel_handler.blockNumber >= number, True, "block notification")
    events = BcosEventCallback()
    events.setclient(client)
    heard = Heard()
    answer = events.register_eventlog_filter(heard, heard.parser, [address], "Changed", fromblock="1")
    check(answer["result"], 0, "event subscription")
    until(lambda: len(heard.logs) >= 1, "history")
    check((heard.logs[0]["transactionHash"], heard.logs[0]["blockNumber"], heard.logs[0]["eventdata"][1]),
          (first["transactionHash"], str(number), "a word"), "event of an earlier block")
    receipt = client.sendRawTransactionGetReceipt(address, ABI, "set", ["proclaimed"])
    until(lambda: len(heard.logs) >= 2, "a live event")
    check((heard.logs[1]["transactionHash"], heard.logs[1]["eventdata"][1]), (receipt["transactionHash"], "proclaimed"), "event as it happens")
    check(events.register_eventlog_filter(heard, heard.parser, [address], "Changed", fromblock="5", to_block="2")["result"], -41003,
          "a subscription of an impossible range")


def many_requests(client, address):
    began = time.monotonic()
    check({client.getBlockNumber() > 0 for _ in range(300)}, {True}, "300 requests one after another")
    check(time.monotonic() - began < 50, True, "none of which was lost")  # the SDK would wait 60 s for a lost answer
    statuses = []

    def send(k):
        for i in range(5):
            statuses.append(client.sendRawTransactionGetReceipt(address, ABI, "set", ["word %d %d" % (k, i)])["status"])
    threads = [threading.Thread(target=send, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(statuses, ["0x0"] * 20, "20 transactions of 4 threads")


def queries(client, address, receipt):
    number, tx_hash = int(receipt["blockNumber"], 16), receipt["transactionHash"]
    block = client.getBlockByNumber(number)
    check((block["hash"], block["transactions"][0]["hash"]), (receipt["blockHash"], tx_hash), "getBlockByNumber")
    check(client.getBlockByHash(block["hash"], False)["transactions"], [tx_hash], "getBlockByHash")
    check(client.getBlockHashByNumber(number), block["hash"], "getBlockHashByNumber")
    check(client.getTransactionByHash(tx_hash)["to"], address, "getTransactionByHash")
    check(client.getTransactionByBlockHashAndIndex(block["hash"], 0)["hash"], tx_hash, "getTransactionByBlockHashAndIndex")
    check(client.getTransactionByBlockNumberAndIndex(number, 0)["hash"], tx_hash, "getTransactionByBlockNumberAndIndex")
    again = client.getTransactionReceipt(tx_hash)
    check((again["status"], again["gasUsed"], again["logsBloom"]), ("0x0", receipt["gasUsed"], receipt["logsBloom"]), "getTransactionReceipt")
    check(client.getCode(address).startswith("0x6080"), True, "getCode")
    sealers = client.getSealerList()
    check((len(sealers), client.getObserverList(), len(client.getNodeIDList()), len(client.getGroupPeers()), len(client.getPeers()),
           client.getGroupList()), (4, [], 4, 4, 3, [1]), "lists of nodes and groups")
    check((client.getPbftView()[:2], client.getPendingTxSize(), client.getPendingTransactions()), ("0x", 0, []), "view and pending transactions")
    check((client.getConsensusStatus()[0]["nodeNum"], len(client.getSyncStatus()["peers"])), (4, 3), "getConsensusStatus, getSyncStatus")
    check(client.getTotalTransactionCount()["failedTxSum"], "0x0", "getTotalTransactionCount")
    try:
        client.getBlockByNumber(9999999)
        raise AssertionError("an unknown block was found")
    except BcosError as error:
        check("-40004" in str(error) or error.code == -40004, True, "an unknown block is an error")
    return sealers


def tables(user):
    name = "t_%d" % (time.time() * 1000)
    crud = quietly(CRUDService, "precompile")
    table = Table(name, "name", "age,city")
    check(result(crud.create_table, table), ("0x0", 0), "CRUD: create a table")
    check(result(crud.create_table, table), ("0x0", -50001), "CRUD: create it again")
    described = quietly(crud.desc, name)
    check((described.get_table_key(), described.get_table_fields()), ("name", "age,city"), "CRUD: desc")
    entry, condition = table.getEntry(), table.get_condition()
    for key, value in (("name", "anna"), ("age", "7"), ("city", "Lübeck")):
        entry.put(key, value)
    check(result(crud.insert, table, entry), ("0x0", 1), "CRUD: insert")
    condition.eq("name", "anna")

    def rows():
        return [(row["name"], row["age"], row["city"]) for row in json.loads(quietly(crud.select, table, condition)[0])]
    check(rows(), [("anna", "7", "Lübeck")], "CRUD: select")
    change = table.getEntry()
    change.put("city", "Bergen")
    check(result(crud.update, table, change, condition), ("0x0", 1), "CRUD: update")
    check(rows(), [("anna", "7", "Bergen")], "CRUD: select the update")
    check(result(crud.remove, table, condition), ("0x0", 1), "CRUD: remove")
    check(rows(), [], "CRUD: nothing is left")

    permission = quietly(PermissionService, "precompile")

    def holders(ask, *arguments):
        return [one["address"] for one in json.loads(quietly(ask, *arguments)[0])]
    check(result(permission.grantUserTableManager, name, user), ("0x0", 1), "permission: grant a table")
    check(holders(permission.listUserTableManager, name), [user], "permission: list")
    check(result(crud.insert, table, entry), ("0x0", -50000), "permission: others are refused")
    check(result(permission.grantUserTableManager, name, user), ("0x0", -51000), "permission: twice")
    check(result(permission.revokeUserTableManager, name, user), ("0x0", 1), "permission: revoke")
    check(result(permission.revokeUserTableManager, name, user), ("0x0", -51001), "permission: revoke what nobody has")
    check(result(crud.insert, table, entry), ("0x0", 1), "permission: and then not")
    me = BcosClient.default_from_account_signer.get_keypair().address.lower()
    for right in ("CNS", "SysConfig", "Node"):
        check(result(getattr(permission, "grant%sManager" % right), me), ("0x0", 1), "permission: grant " + right)
        check(holders(getattr(permission, "list%sManager" % right)), [me], "permission: list " + right)
        check(result(getattr(permission, "revoke%sManager" % right), me), ("0x0", 1), "permission: revoke " + right)


def other_services(client, sealers):
    cns, name, address = quietly(CnsService, "precompile"), "Hello%d" % (time.time() * 1000), "0x1234567890123456789012345678901234567890"
    check(result(cns.register_cns, name, "1.0", address, []), ("0x0", 1), "CNS: register")
    check(result(cns.register_cns, name, "1.0", address, []), ("0x0", -51200), "CNS: register again")
    found = json.loads(quietly(cns.query_cns_by_name, name)[0])
    check([(one["name"], one["version"], one["address"], one["abi"]) for one in found], [(name, "1.0", address, "[]")], "CNS: by name")
    check(json.loads(quietly(cns.query_cns_by_nameAndVersion, name, "1.0")[0]), found, "CNS: by name and version")
    check(json.loads(quietly(cns.query_cns_by_nameAndVersion, name, "2.0")[0]), [], "CNS: a version that is none")

    settings = quietly(ConfigPrecompile, "precompile")
    check(result(settings.setValueByKey, "tx_count_limit", "900"), ("0x0", 1), "system configuration: set")
    check(client.getSystemConfigByKey("tx_count_limit"), "900", "system configuration: get")
    check(result(settings.setValueByKey, "tx_count_limit", "0"), ("0x0", -51300), "system configuration: an impossible value")
    check(result(settings.setValueByKey, "tx_count_limit", "1000"), ("0x0", 1), "system configuration: back")

    own = client.getSyncStatus()["nodeId"]  # a node that is removed may never see the block that says so
    consensus, node = quietly(ConsensusPrecompile, "precompile"), next(one for one in sealers if one != own)
    check(result(consensus.addObserver, node), ("0x0", 1), "consensus: to an observer")
    check((node in client.getSealerList(), client.getObserverList()), (False, [node]), "consensus: it is one")
    check(result(consensus.removeNode, node), ("0x0", 1), "consensus: remove")
    check(client.getObserverList(), [], "consensus: it is gone")
    check(result(consensus.addSealer, node), ("0x0", 1), "consensus: a sealer again")
    check(sorted(client.getSealerList()), sorted(sealers), "consensus: as before")


def over_http():
    client_config.client_protocol = client_config.PROTOCOL_RPC
    client = BcosClient()
    address, _ = contract(client)
    check(tuple(client.call(address, ABI, "get")), ("a word",), "all of this over HTTP as well")
    client_config.client_protocol = client_config.PROTOCOL_CHANNEL


def please(what):
    print("do " + what, flush=True)
    sys.stdin.readline()


def restart(client, address):
    """A client of this SDK does not survive the end of its connection: its sending thread dies with the lock in its hand that all the
    others need. Applications make a new one."""
    client.sendRawTransactionGetReceipt(address, ABI, "set", ["kept"])
    please("stop 0")
    please("start 0")
    fresh = BcosClient()
    check(tuple(fresh.call(address, ABI, "get")), ("kept",), "a new client after a restart")
    check(fresh.sendRawTransactionGetReceipt(address, ABI, "set", ["again"])["status"], "0x0", "send after a restart")


def main():
    write_interfaces()
    BcosClient.default_from_account_signer = Signer_ECDSA.from_privkey("0x" + secrets.token_hex(32))
    client = BcosClient()
    address, receipt = contract(client)
    pushes(client, address, receipt)
    many_requests(client, address)
    sealers = queries(client, address, receipt)
    tables("0x" + secrets.token_hex(20))
    other_services(client, sealers)
    over_http()
    restart(client, address)
    print("all done", flush=True)
    os._exit(0)  # the SDK's threads would end some seconds later


if __name__ == "__main__":
    try:
        main()
    except BaseException:
        import traceback
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
