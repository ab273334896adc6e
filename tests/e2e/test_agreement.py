"""Four nodes agree: the same blocks, state roots and receipts everywhere."""

import support


class Agreement(support.ChainTest):
    def test_four_nodes_hold_the_same_chain(self):
        chain = self.chain(4, group_settings=[("consensus", "min_block_generation_time", "100")]).start()
        chain.deploy(chain.nodes[1])
        hashes = []
        for i in range(20):
            node = chain.nodes[i % 4]
            if i < 4:  # through the command line once for each node, the rest by JSON-RPC
                out = chain.hanse_set(node, "text %d" % i)
                hashes.append(next(line.split()[1] for line in out.splitlines() if line.startswith("transaction")))
            else:
                hashes.append(chain.send_set(node.rpc, "text %d" % i)["transactionHash"])
        height = self.assert_same_chain(chain.nodes)
        self.assertGreaterEqual(height, 21)  # each waited for its receipt, so each has its own block
        for node in chain.nodes:
            self.assertIn("text 19", chain.hanse_get(node))
        for tx_hash in hashes:
            receipts = [node.rpc.receipt(tx_hash) for node in chain.nodes]
            self.assertEqual(receipts[0]["status"], "0x0")
            for receipt in receipts[1:]:
                self.assertEqual(receipt, receipts[0])
        for node in chain.nodes:
            self.assertEqual(node.stop(), 0)

    def test_the_chain_command(self):
        folder = support.folder()
        base = support.take_ports(12)
        support.run_hanse("chain", "create", "-l", "127.0.0.1:4", "-R", "-p", "%d,%d,%d" % (base, base + 4, base + 8), cwd=folder)
        try:
            up = support.run_hanse("chain", "up", cwd=folder).stdout
            self.assertEqual(sum(line.startswith("node") and " 0x" in line for line in up.splitlines()), 4, up)
            status = support.run_hanse("chain", "status", cwd=folder).stdout
            heads = {line.split()[5] for line in status.splitlines() if line.startswith("node") and "0x" in line}
            self.assertEqual(len(heads), 1, status)
        finally:
            down = support.run_hanse("chain", "down", cwd=folder, check=False).stdout
        self.assertIn("4 nodes stopped", down)
        self.assertIn("stopped", support.run_hanse("chain", "status", cwd=folder).stdout)


if __name__ == "__main__":
    support.main()
