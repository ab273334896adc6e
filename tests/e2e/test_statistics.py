"""log.enable_statistic (spec/interfaces.md 7.4): what a node tells of its traffic and of gas."""

import glob
import re

import sdk
import support

_LINE = re.compile(r"^info\|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\|([A-Za-z0-9]+)\|,(.*)$")


def lines(node):
    """(type, fields) of each line, all fields as texts."""
    text = ""
    for path in sorted(glob.glob(node.path("stat", "stat_*.log"))):
        with open(path) as f:
            written = f.read()
            text += written[: written.rfind("\n") + 1]  # a line may be under way
    found = []
    for line in text.splitlines():
        match = _LINE.match(line)
        assert match, line
        found.append((match.group(1), dict(pair.split("=") for pair in match.group(2).split(","))))
    return found


def total(node, kind, key):
    return sum(int(fields[key]) for name, fields in lines(node) if name == kind)


class Statistics(support.ChainTest):
    def test_traffic_and_gas(self):
        chain = self.chain(2, options=("-S",))
        for node in chain.nodes:
            node.set("config.ini", "log", "stat_flush_interval", "1")
        chain.start()
        chain.deploy()
        client = sdk.Sdk(chain.nodes[0])
        for _ in range(10):
            client.call("getBlockNumber", 1)
        client.close()
        receipt = chain.send_set(chain.nodes[0].rpc, "counted")

        request = len('{"jsonrpc": "2.0", "method": "getBlockNumber", "params": [1], "id": 1}')
        support.wait_until(lambda: total(chain.nodes[0], "SDK", "SDK_RPCIn") == 10 * request, 10, "the requests are counted")
        kinds = {"AMOP", "P2P", "SDK", "Total", "TxsGasUsed", "BlockGasUsed"}
        for node in chain.nodes:
            support.wait_until(lambda: kinds <= {name for name, _ in lines(node)}, 10, "every kind of line of " + node.name)

        def gas():
            return [f["gasUsed"] for name, f in lines(chain.nodes[1]) if name == "TxsGasUsed" and "0x" + f["txHash"] == receipt["transactionHash"]]
        support.wait_until(gas, 10, "gas of the transaction")
        self.assertEqual(gas(), [str(int(receipt["gasUsed"], 16))])
        # What one sent, the other received, but for what was under way between two prints.
        for a, b in (chain.nodes, chain.nodes[::-1]):
            def agree():
                out, came = total(a, "P2P", "P2P_total_Out"), total(b, "P2P", "P2P_totalIn")
                return out > 1000 and abs(out - came) < 0.4 * out
            support.wait_until(agree, 20, "both ends of the traffic are printed")
        for node in chain.nodes:
            self.assertEqual(node.stop(), 0)
        for name, fields in lines(chain.nodes[0]):
            if name == "P2P":
                self.assertEqual(list(fields), ["g", "P2P_CONSIn", "P2P_SYNCIn", "P2P_totalIn", "P2P_CONS_Out", "P2P_SYNC_Out",
                                                "P2P_total_Out"])

    def test_off(self):
        chain = self.chain(1)
        node = chain.start().nodes[0]
        self.assertEqual(node.stop(), 0)
        self.assertEqual(glob.glob(node.path("stat")), [])
        node.set("config.ini", "log", "stat_flush_interval", "0")
        self.assertEqual(node.start().wait_exit(), 255)
        self.assertIn("log.stat_flush_interval must be positive!", node.output())


if __name__ == "__main__":
    support.main()
