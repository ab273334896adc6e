"""Two nodes built with ThreadSanitizer under a short load of every kind: no report. RocksDB is not instrumented, so the store is
the one in memory."""

import os
import threading
import time

import support

os.environ["TSAN_OPTIONS"] = "exitcode=66 halt_on_error=0 second_deadlock_stack=1 ignore_noninstrumented_modules=1 " + \
    os.environ.get("TSAN_OPTIONS", "")
LOAD_S = 8


class Races(support.ChainTest):
    def test_a_pair_under_load(self):
        chain = self.chain(2, options=["-s", "memory"], group_settings=[("consensus", "min_block_generation_time", "20")]).start()
        chain.deploy()
        first = chain.nodes[0]
        sent, lock = [], threading.Lock()

        def send(node):
            def work(stopping):
                rpc = node.connect()
                while not stopping.is_set():
                    raw, tx_hash = chain.sign_set(node.name, rpc.height())
                    rpc.send(raw)
                    with lock:
                        sent.append(tx_hash)
                rpc.close()
            return work

        def ask(node):
            def work(stopping):
                rpc = node.connect()
                while not stopping.is_set():
                    for method in ("getPeers", "getConsensusStatus", "getSyncStatus", "getPendingTransactions", "getPendingTxSize",
                                   "getTotalTransactionCount", "getSealerList", "getNodeIDList"):
                        rpc.call(method, support.GROUP)
                    rpc.block(rpc.height())
                    rpc.call("call", support.GROUP, {"from": "0x" + "11" * 20, "to": "0x" + chain.contract.hex(), "data": "0x6d4ce63c"})
                    rpc.call("getNodeInfo")
                rpc.close()
            return work

        def dial(stopping):
            rpc = first.connect()
            while not stopping.is_set():
                rpc.call("addPeers", ["127.0.0.1:1999"])
                rpc.call("erasePeers", ["127.0.0.1:1999"])
                time.sleep(0.05)
            rpc.close()

        workers = [support.Background(work) for work in
                   (send(chain.nodes[0]), send(chain.nodes[1]), ask(chain.nodes[0]), ask(chain.nodes[1]), dial)]
        for worker in workers:
            worker.start()
        time.sleep(LOAD_S)
        for worker in workers:
            worker.join_result()
        self.assertGreater(len(sent), 20)
        for tx_hash in sent[:20] + sent[-20:]:
            first.rpc.wait_receipt(tx_hash, 60)
        for node in chain.nodes:  # ends while the other still talks to it
            self.assertEqual(node.stop(30), 0, "\n".join(node.findings()))


if __name__ == "__main__":
    support.main()
