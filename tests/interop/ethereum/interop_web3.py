"""web3.py 8. Arguments as of interop-ethers5.js."""

import json
import os
import sys

from web3 import Web3
from web3.exceptions import ContractCustomError, ContractLogicError, ContractPanicError, Web3RPCError

url, _, hello_address, hello_abi, probe_address = sys.argv[1:]
web3 = Web3(Web3.HTTPProvider(url))


def ok(what):
    print("ok " + what, flush=True)


def fails(call, kind, part):
    try:
        call()
    except kind as error:
        assert part in str(error), error
        return
    raise AssertionError("no %s" % kind.__name__)


assert web3.is_connected() and web3.eth.chain_id == 1 and web3.net.peer_count == 3 and web3.eth.syncing is False
block = web3.eth.get_block("latest", True)
transaction = block.transactions[0]
assert web3.eth.get_transaction(transaction.hash).blockHash == block.hash
receipt = web3.eth.get_transaction_receipt(transaction.hash)
assert receipt.status == 1 and receipt.blockNumber == block.number and len(receipt.logs) == 1
assert web3.eth.get_block_receipts("latest") == [receipt]
ok("network, block, transaction, receipts")

with open(hello_abi) as f:
    hello = web3.eth.contract(Web3.to_checksum_address(hello_address), abi=json.load(f))
assert hello.functions.get().call() == "Hello, World!"
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "Probe.json")) as f:
    probe = web3.eth.contract(Web3.to_checksum_address(probe_address), abi=json.load(f)["abi"])
fails(probe.functions.mustBeSmall(99).call, ContractLogicError, "too large")
fails(probe.functions.mustBeSmall(5).call, ContractCustomError, "0xc246547f")
fails(probe.functions.divide(1, 0).call, ContractPanicError, "Division by zero")
fails(lambda: web3.eth.get_balance(probe.address, 0), Web3RPCError, "keeps no state")
assert probe.functions.store(1, "x").estimate_gas() > 21000
ok("calls and reverts")

assert [event.args.text for event in probe.events.Stored().get_logs(from_block=0)] == ["seven"]
installed = web3.eth.filter({"address": probe.address, "fromBlock": 0})
assert installed.get_new_entries() == [] and len(installed.get_all_entries()) == 1
assert int.from_bytes(web3.eth.get_storage_at(probe.address, 1)) == 1 and len(web3.eth.get_code(probe.address)) > 100
ok("logs, filters, storage")
print("all done")
