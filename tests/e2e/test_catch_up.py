"""A node whose data is gone fetches the whole chain from its peers."""

import shutil
import time

import support

SINGLE_BLOCKS = 50
BATCHES, BATCH_TRANSACTIONS = 3, 250


class CatchUp(support.ChainTest):
    def test_a_node_with_emptied_data(self):
        chain = self.chain(4, group_settings=[("consensus", "min_block_generation_time", "10")]).start()
        chain.deploy()
        rpc = chain.nodes[0].rpc
        for i in range(SINGLE_BLOCKS):
            chain.send_set(rpc, "single %d" % i)
        for batch in range(BATCHES):
            height = rpc.height()
            signed = [chain.sign_set("batch %d.%d" % (batch, i), height) for i in range(BATCH_TRANSACTIONS)]
            self._send_together(chain, signed)
            for _, tx_hash in signed:
                rpc.wait_receipt(tx_hash)
        victim = chain.nodes[3]
        self.assertEqual(victim.stop(), 0)
        shutil.rmtree(victim.path("hanse-data"))
        chain.send_set(rpc, "while it is away")
        for _ in range(3):  # killed while it fetches
            victim.start().wait_answers()
            time.sleep(support.RANDOM.uniform(0, 0.3))
            victim.kill()
        victim.start().wait_answers()
        chain.send_set(rpc, "while it catches up")
        support.wait_until(lambda: victim.rpc.height() >= rpc.height(), 40, lambda: "block %d, is at %d" % (
            rpc.height(), victim.rpc.height()))
        height = self.assert_same_chain(chain.nodes)
        self.assertGreater(height, SINGLE_BLOCKS)
        sizes = [len(victim.rpc.block(number)["transactions"]) for number in range(height + 1)]
        self.assertGreaterEqual(max(sizes), 20, "no block with many transactions: %s" % sizes)
        self.assertEqual(victim.rpc.call("getTotalTransactionCount", 1), rpc.call("getTotalTransactionCount", 1))
        chain.send_set(victim.rpc, "through it")
        self.assertIn("through it", chain.hanse_get(victim))

    @staticmethod
    def _send_together(chain, signed):
        threads = []
        for i, node in enumerate(chain.nodes[:3]):
            def send(node=node, part=signed[i::3]):
                rpc = node.connect()
                for raw, _ in part:
                    rpc.send(raw)
                rpc.close()
            threads.append(support.Background(lambda stopping, send=send: send()))
            threads[-1].start()
        for thread in threads:
            thread.join_result()


if __name__ == "__main__":
    support.main()
