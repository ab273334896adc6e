"""A chain that keeps its accounts in a Merkle-Patricia trie ([state] type=mpt)."""

import shutil

import support


class MptState(support.ChainTest):
    def test_nodes_agree_and_one_fetches_everything(self):
        chain = self.chain(4, group_settings=[("consensus", "min_block_generation_time", "100")])
        for node in chain.nodes:
            node.set("conf/group.1.genesis", "state", "type", "mpt")
        chain.start()
        chain.deploy(chain.nodes[1])
        for i in range(12):
            chain.send_set(chain.nodes[i % 4].rpc, "text %d" % i)
        killed, emptied = chain.nodes[2], chain.nodes[3]
        killed.kill()
        killed.start().wait_answers()
        self.assertEqual(emptied.stop(), 0)
        shutil.rmtree(emptied.path("hanse-data"))
        emptied.start().wait_answers()
        chain.send_set(chain.nodes[0].rpc, "after all that")
        height = self.assert_same_chain(chain.nodes)
        head = chain.nodes[0].rpc.block(height)
        self.assertNotEqual(int(head["stateRoot"], 16), 0)
        self.assertEqual(int(head["dbHash"], 16), 0)  # no table has changed
        codes = {node.rpc.call("getCode", 1, "0x" + chain.contract.hex()) for node in chain.nodes}
        self.assertEqual(len(codes), 1)
        self.assertGreater(len(codes.pop()), 100)
        for node in chain.nodes:
            self.assertIn("after all that", chain.hanse_get(node))
            self.assertEqual(node.stop(), 0)


if __name__ == "__main__":
    support.main()
