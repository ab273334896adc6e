"""Nodes that are killed: the others go on, and who comes back catches up; nothing that a client has seen is lost."""

import threading
import time

import support

FAST_BLOCKS = [("consensus", "min_block_generation_time", "50")]
# One view lasts 3 s; the next 1.5 times as long (spec/consensus.md 5.10). Two views that fail, and room for a busy machine.
VIEW_CHANGE_S = 25


class Crashes(support.ChainTest):
    def test_a_follower_is_killed(self):
        chain = self.chain(4, group_settings=FAST_BLOCKS).start()
        chain.deploy()
        leader = chain.leader(chain.nodes[0])
        victim = next(node for node in reversed(chain.nodes) if node is not leader)
        others = [node for node in chain.nodes if node is not victim]
        victim.kill()
        before = others[0].rpc.height()
        for i in range(8):  # each sealer's turn comes at least once
            chain.send_set(others[i % 3].rpc, "without %s %d" % (victim.name, i))
        self.assertGreaterEqual(others[0].rpc.height(), before + 8)
        victim.start()
        chain.wait_agreed()
        chain.send_set(victim.rpc, "through %s again" % victim.name)
        self.assert_same_chain(chain.nodes)

    def test_the_leader_is_killed(self):
        chain = self.chain(4, group_settings=FAST_BLOCKS).start()
        chain.deploy()
        leader = chain.leader(chain.nodes[0])
        others = [node for node in chain.nodes if node is not leader]
        leader.kill()
        raw, tx_hash = chain.sign_set("after the leader", others[0].rpc.height())
        others[0].rpc.send(raw)
        others[0].rpc.wait_receipt(tx_hash, VIEW_CHANGE_S)
        for i in range(4):
            chain.send_set(others[i % 3].rpc, "without the old leader %d" % i)
        leader.start()
        chain.wait_agreed()
        chain.send_set(leader.rpc, "through the old leader")
        self.assert_same_chain(chain.nodes)

    def test_two_of_four_are_too_few(self):
        chain = self.chain(4, group_settings=FAST_BLOCKS).start()
        chain.deploy()
        alive, dead = chain.nodes[:2], chain.nodes[2:]
        for node in dead:
            node.kill()
        before = alive[0].rpc.height()
        raw, tx_hash = chain.sign_set("by two", before)
        alive[0].rpc.send(raw)
        time.sleep(7)  # long enough for the first view changes
        for node in alive:
            self.assertEqual(node.rpc.height(), before)
            self.assertIsNone(node.rpc.receipt(tx_hash))
        dead[0].start()
        alive[0].rpc.wait_receipt(tx_hash, VIEW_CHANGE_S)
        dead[1].start()
        chain.wait_agreed()
        self.assert_same_chain(chain.nodes)

    def test_all_are_killed_under_load(self):
        chain = self.chain(4, group_settings=FAST_BLOCKS).start()
        chain.deploy()
        seen, lock = {}, threading.Lock()  # tx hash -> (block hash, block number) as a client was told

        def client(node):
            def work(stopping):
                rpc, waiting = node.connect(timeout=5), []
                height = 0
                while not stopping.is_set():
                    try:
                        height = max(height, rpc.height())
                        raw, tx_hash = chain.sign_set("%s %d" % (node.name, len(waiting)), height)
                        rpc.send(raw)
                        waiting.append(tx_hash)
                        for tx_hash in waiting[-5:]:
                            receipt = rpc.receipt(tx_hash)
                            if receipt:
                                with lock:
                                    seen[tx_hash] = receipt["blockHash"], receipt["blockNumber"]
                    except (support.Silent, support.RpcError):
                        time.sleep(0.05)  # killed, not yet up again, or far behind
                rpc.close()
            return work

        clients = [support.Background(client(node)) for node in chain.nodes]
        for one in clients:
            one.start()
        for _ in range(3):
            before = len(seen)
            support.wait_until(lambda: len(seen) > before + 20, 40, lambda: "receipts arrive: %d" % (len(seen) - before))
            time.sleep(support.RANDOM.uniform(0, 0.5))
            for node in support.RANDOM.sample(chain.nodes, 4):
                node.kill()
                time.sleep(support.RANDOM.choice((0, 0, support.RANDOM.uniform(0, 0.2))))
            for node in support.RANDOM.sample(chain.nodes, 4):
                node.start()
                time.sleep(support.RANDOM.uniform(0, 0.1))
        before = len(seen)
        support.wait_until(lambda: len(seen) > before + 20, 40, "progress after the last restart")
        for one in clients:
            one.join_result()
        chain.wait_agreed()
        self.assert_same_chain(chain.nodes)
        for node in chain.nodes:
            for tx_hash, (block_hash, block_number) in seen.items():
                receipt = node.rpc.receipt(tx_hash)
                self.assertIsNotNone(receipt, "%s lost %s of block %s" % (node.name, tx_hash, block_number))
                self.assertEqual((receipt["blockHash"], receipt["blockNumber"]), (block_hash, block_number))


if __name__ == "__main__":
    support.main()
