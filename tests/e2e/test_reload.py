"""What an operator changes while a node runs (spec/interfaces.md 5.5): `touch config.ini.reset_allowlist` and its like."""

import os
import time

import sdk
import support


def touch(node, name):
    """The node takes the file away when it has seen it."""
    path = node.path("config.ini." + name)
    open(path, "w").close()
    support.wait_until(lambda: not os.path.exists(path), 5, "%s is gone" % path)
    time.sleep(0.2 * support.PATIENCE)  # it is deleted before it is obeyed


class Reload(support.ChainTest):
    def test_the_allow_list_of_sdks(self):
        chain = self.chain(1)
        node = chain.start().nodes[0]
        chain.deploy()
        own = sdk.public_key(os.path.join(chain.nodes_folder, "sdk"))
        client = sdk.Sdk(node)
        client.call("getBlockNumber", 1)
        self.assertEqual(client.register("f"), 0)

        def set_events(text):
            chain.send_set(node.rpc, text)
        set_events("before")
        self.assertEqual(len(client.receive(sdk.EVENTS).json()["logs"]), 1)
        node.set("conf/group.1.ini", "sdk_allowlist", "public_key.0", "ab" * 64)
        client.call("getBlockNumber", 1)  # not read yet
        touch(node, "reset_allowlist")
        self.assertIn("Reset sdk allowList(public keys)\n", node.output())
        with self.assertRaises(support.RpcError) as caught:
            client.call("getBlockNumber", 1)
        self.assertEqual((caught.exception.code, caught.exception.message),
                         (-40012, "getBlockNumber The SDK is not allowed to access this group"))
        client.call("getGroupList")
        self.assertEqual(client.register("g"), -41006)
        set_events("while it is not on the list")
        self.assertTrue(client.is_silent(0.3))
        # A file that cannot be read changes nothing.
        node.set("conf/group.1.ini", "sdk_allowlist", "public_key.1", "no key")
        touch(node, "reset_allowlist")
        self.assertRegex(node.output(), r"FISCO BCOS file signal error: file: config\.ini\.reset_allowlist what: conf/group\.1\.ini:\d+: ")
        with self.assertRaises(support.RpcError):
            client.call("getBlockNumber", 1)
        node.set("conf/group.1.ini", "sdk_allowlist", "public_key.1", "0x" + own.upper())
        touch(node, "reset_allowlist")
        client.call("getBlockNumber", 1)
        self.assertEqual(len(client.receive(sdk.EVENTS).json()["logs"]), 1)  # what it missed
        set_events("again")
        self.assertEqual(len(client.receive(sdk.EVENTS).json()["logs"]), 1)
        client.close()
        self.assertEqual(node.stop(), 0)

    def test_the_white_list_of_peers(self):
        chain = self.chain(4)
        chain.start()
        node, others = chain.nodes[0], chain.nodes[1:]
        ids = [n.rpc.call("getNodeInfo")["NodeID"] for n in chain.nodes]

        def peers():
            return sorted(p["NodeID"] for p in node.rpc.call("getPeers", 1))
        self.assertEqual(peers(), sorted(ids[1:]))
        node.set("config.ini", "certificate_whitelist", "cal.0", ids[1])
        node.set("config.ini", "certificate_whitelist", "cal.1", ids[2].upper())
        node.set("config.ini", "certificate_whitelist", "cal.2", "nonsense")
        touch(node, "reset_certificate_whitelist")
        self.assertIn("Reset certificate whitelist(CAL)\n", node.output())
        support.wait_until(lambda: peers() == sorted(ids[1:3]), 5, lambda: "two peers: %s" % peers())
        time.sleep(1)
        self.assertEqual(peers(), sorted(ids[1:3]))  # the fourth dials again, and is refused
        node.set("config.ini", "certificate_whitelist", "cal.2", ids[3])
        touch(node, "reset_certificate_whitelist")
        support.wait_until(lambda: len(peers()) == 3, 25, lambda: "three peers: %s" % peers())
        for n in others:
            self.assertEqual(n.stop(), 0)


if __name__ == "__main__":
    support.main()
