"""Who may join: a node of another chain CA is kept out; a key that is not the certificate's is named."""

import shutil

import support


class Certificates(support.ChainTest):
    def test_a_node_of_another_authority_is_refused(self):
        chain, other = self.chain(4), self.chain(1)
        stranger, members = chain.nodes[3], chain.nodes[:3]
        for name in ("ca.crt", "node.crt", "node.key", "node.nodeid"):
            shutil.copy(other.nodes[0].path("conf", name), stranger.path("conf", name))
        chain.start(members)
        chain.deploy()
        before = [node.memory_kb() for node in members]
        stranger.start().wait_answers()
        for node in members + [stranger]:
            node.wait_log(r"connection closed,endpoint=\S+,dialled=[01],reason=.*(certificate|unknown ca|unable to get)", 20)
        self.assertEqual(stranger.rpc.call("getPeers", 1), [])
        for node in members:
            self.assertEqual(len(node.rpc.call("getPeers", 1)), 2)
        with self.assertRaises(support.RpcError) as caught:  # nor is it a member of its group: the genesis file has another id
            stranger.rpc.height()
        self.assertEqual(caught.exception.code, -40009)
        for i in range(3):
            chain.send_set(members[i].rpc, "without the stranger %d" % i)
        self.assertEqual(stranger.rpc.call("getPeers", 1), [])
        self.assertNotIn("Report,num=1,", stranger.log())  # it got no block
        for node, kb in zip(members, before):
            self.assertLess(node.memory_kb(), kb + 32 * 1024)

    def test_a_key_that_is_not_the_certificates(self):
        chain = self.chain(2)
        shutil.copy(chain.nodes[0].path("conf", "node.key"), chain.nodes[1].path("conf", "node.key"))
        node = chain.nodes[1].start()
        self.assertEqual(node.wait_exit(), 255)
        self.assertRegex(node.output(), r"conf/node\.crt: the first certificate does not belong to the private key \S*conf/node\.key")

    def test_files_that_are_missing_or_no_pem(self):
        chain = self.chain(1)
        node = chain.nodes[0]
        for name in ("node.key", "node.crt", "ca.crt"):
            with open(node.path("conf", name), "rb") as f:
                good = f.read()
            for bad, expected in ((None, "No such file"), (b"", "(is empty|PEM)"), (b"garbage\n", "PEM"), (good[:len(good) // 2], "PEM")):
                with self.subTest(file=name, bad=expected):
                    if bad is None:
                        shutil.move(node.path("conf", name), node.path("saved"))
                    else:
                        with open(node.path("conf", name), "wb") as f:
                            f.write(bad)
                    self.assertEqual(node.start().wait_exit(), 255, node.output())
                    self.assertRegex(node.output(), r"conf/%s: .*%s" % (name.replace(".", r"\."), expected))
            with open(node.path("conf", name), "wb") as f:
                f.write(good)
        self.assertEqual(node.start().wait_answers().stop(), 0)


if __name__ == "__main__":
    support.main()
