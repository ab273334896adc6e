"""Requests that a careless or hostile client sends: each is answered, the node lives, the chain goes on. Among them are inputs on
which the reference's node dies."""

import json
import os

import signing
import support

PRECOMPILED = [bytes(18) + address.to_bytes(2, "big") for address in
               (1, 2, 3, 4, 5, 6, 7, 8, 9, 0x1000, 0x1001, 0x1002, 0x1003, 0x1004, 0x1005, 0x1006, 0x1007, 0x1008, 0x1009, 0x100A,
                0x100C, 0x5001, 0x5100)]


class HostileRequests(support.ChainTest):
    def setUp(self):
        self.one = self.chain(1, group_settings=[("consensus", "min_block_generation_time", "20")]).start()
        self.node = self.one.nodes[0]
        self.rpc = self.node.rpc
        self.one.deploy()

    def _assert_goes_on(self):
        self.assertTrue(self.node.is_running())
        self.one.send_set(self.rpc, "it goes on")
        self.assertIn("it goes on", self.one.hanse_get(self.node))

    def _sign(self, to=None, data=b"", ahead=500, **options):
        return signing.transaction(self.one.account, self.one.contract if to is None else to, data, self.rpc.height() + ahead, **options)

    def _refused(self, raw):
        """The message of the -32603 that sendRawTransaction must be answered with."""
        with self.assertRaises(support.RpcError) as caught:
            self.rpc.send(raw)
        self.assertEqual(caught.exception.code, -32603, caught.exception.message)
        self.assertTrue(caught.exception.message.startswith("INTERNAL_ERROR: : INTERNAL_ERROR: : "), caught.exception.message)
        return caught.exception.message

    def test_short_data(self):
        for to in [self.one.contract] + PRECOMPILED:
            hashes = []
            for size in range(4):
                raw, tx_hash = self._sign(to, bytes([0xAB]) * size)
                self.assertEqual(self.rpc.send(raw), tx_hash)
                hashes.append(tx_hash)
            for tx_hash in hashes:
                self.assertIn("status", self.rpc.wait_receipt(tx_hash))
            for size in range(4):
                result = self.rpc.call("call", 1, {"from": "0x" + "11" * 20, "to": "0x" + to.hex(), "data": "0x" + "ab" * size})
                self.assertIn("status", result)
        self._assert_goes_on()

    def test_random_data_to_precompiled_contracts(self):
        hashes = []
        for to in PRECOMPILED:
            for size in (4, 5, 36, 68, 132, 1000):
                raw, tx_hash = self._sign(to, support.RANDOM.randbytes(size))
                self.assertEqual(self.rpc.send(raw), tx_hash)
                hashes.append(tx_hash)
        for tx_hash in hashes:
            self.assertIn("status", self.rpc.wait_receipt(tx_hash))
        self._assert_goes_on()

    def test_malformed_peers(self):
        internal = -32603
        for params, expected in [
                ([["127.0.0.1"]], internal), ([["127.0.0.1:"]], internal), ([["127.0.0.1:99999"]], internal),
                ([["127.0.0.1:abc"]], internal), ([["[::1"]], internal), ([["[::1]"]], internal), ([["[nonsense]:30300"]], internal),
                ([[""]], internal), ([[":"]], internal), ([["a" * 100000 + ":30300"]], internal), ([["127.0.0.1:30300\0"]], internal),
                ([["[a]b]:30300"]], "0x7"), ([[5]], "0x7"), ([[None]], "0x7"), ([[[]]], "0x7"), ([[]], "0x7"),
                (["127.0.0.1:30300"], "0x7"), ([{}], "0x7"), ([], "0x7"), ([["127.0.0.1:3030%d" % i for i in range(11)]], "0x1")]:
            for method in ("addPeers", "erasePeers"):
                with self.subTest(method=method, params=str(params)[:60]):
                    before = self.rpc.call("queryPeers")
                    try:
                        self.assertEqual(self.rpc.call(method, *params)["code"], expected)
                    except support.RpcError as refused:
                        self.assertEqual(refused.code, expected, refused.message)
                    self.assertEqual(self.rpc.call("queryPeers"), before)
        self._assert_goes_on()

    def test_what_is_no_transaction(self):
        raw, _ = self._sign(data=signing.call_with_text("set(string)", "x"))
        self.assertIn("rc2 transaction RLP must be a list", self._refused(b"\x80"))
        for cut in (0, 1, 2, 5, 40, len(raw) // 2, len(raw) - 1):
            self._refused(raw[:cut])
        self._refused(b"\xf9\xff\xff" + raw[3:])          # longer than what follows
        self._refused(b"\xff" * 9 + raw)                  # a length of 2^64 - 1
        self._refused(b"\xc0" * 100000)                   # many lists
        self._refused(os.urandom(300))
        nested = b""
        for _ in range(20000):                            # lists in lists
            nested = signing.rlp([]) if not nested else signing._header(len(nested), 0xC0) + nested
        self._refused(nested)
        fields = [1, 300000000, 300000000, 500, self.one.contract, 0, b"", 1, 1, b"", 27, 1, 1]
        for i, name in enumerate(("nonce", "gasPrice", "gas", "blockLimit", "receiveAddress", "value", "transactionData", "chainId",
                                  "groupId")):
            wrong = list(fields)
            wrong[i] = [1]
            message = self._refused(signing.rlp(wrong))
            self.assertRegex(message, "rc2 transaction data RLP must be an array" if name == "transactionData" else
                             "invalid rc2 transaction format, invalid Field:" + name)
        self._refused(signing.rlp(fields[:12]))
        self._refused(signing.rlp(fields[:10]))
        self._refused(signing.rlp(fields[:4] + [b"\1" * 19] + fields[5:]))
        self._refused(signing.rlp([1 << 256] + fields[1:]))
        for text in ("", "0x", "0xzz", "0xabc", "zz", "0x" + "f" * 200000):
            with self.assertRaises(support.RpcError):
                self.rpc.call("sendRawTransaction", 1, text)
        self._assert_goes_on()

    def test_signatures(self):
        data = signing.call_with_text("set(string)", "x")
        for v in (0, 26, 29, 30, 255, 1 << 64):
            self._refused(self._sign(data=data, v=v)[0])
        for s in (0, signing.N, signing.N - 1, (1 << 256) - 1):  # the last but one: not in the lower half
            self._refused(self._sign(data=data, s=s)[0])
        self._assert_goes_on()

    def test_pool_refusals(self):
        data = signing.call_with_text("set(string)", "x")
        self.assertIn("InvalidChainId", self._refused(self._sign(data=data, chain_id=2)[0]))
        self.assertIn("InvalidGroupId", self._refused(self._sign(data=data, group_id=2)[0]))
        self.assertIn("BlockLimitCheckFailed", self._refused(self._sign(data=data, ahead=0)[0]))
        self.assertIn("BlockLimitCheckFailed", self._refused(self._sign(data=data, ahead=1001)[0]))
        self.assertIn("BlockLimitCheckFailed", self._refused(
            signing.transaction(self.one.account, self.one.contract, data, 1 << 255)[0]))
        raw, tx_hash = self._sign(data=data, nonce=77, ahead=1000)
        self.assertEqual(self.rpc.send(raw), tx_hash)
        self.rpc.wait_receipt(tx_hash)
        self.assertIn("TransactionNonceCheckFail", self._refused(raw))  # spec/consensus.md 2.2: not "already in chain"
        self.assertIn("TransactionNonceCheckFail", self._refused(self._sign(data=data, nonce=77)[0]))
        # The chain id is tested last: of several faults the first in the order of the table counts.
        self.assertIn("BlockLimitCheckFailed", self._refused(self._sign(data=data, ahead=0, chain_id=9)[0]))
        self._assert_goes_on()

    def test_what_is_no_json_rpc(self):
        def code(text):
            return json.loads(self.rpc.post(text))["error"]["code"]
        self.assertEqual(code("{"), -32700)
        self.assertEqual(code(""), -32700)
        self.assertEqual(code(os.urandom(1000)), -32700)
        for nested in ("[" * 100000, '{"a":' * 100000, "[" * 1500 + "]" * 1500):  # interfaces.md 2.2, last row
            self.assertEqual(self.rpc.post(nested), b"ERROR while handleRequest:Exceeded stackLimit in readValue().")
        self.assertEqual(code("{}"), -32600)
        self.assertEqual(code("5"), -32600)
        self.assertEqual(code('{"jsonrpc":"2.0","method":"noSuchMethod","params":[],"id":1}'), -32601)
        for params in ([], [1, 2, 3], ["1"], [None], {}, [1 << 40], [1.5]):
            self.assertIn(code(json.dumps({"jsonrpc": "2.0", "method": "getBlockNumber", "params": params, "id": 1})),
                          (-32602, -40001), params)
        self.assertEqual(code('{"jsonrpc":"2.0","method":"getBlockNumber","params":[7],"id":1}'), -40001)
        for number in ("0xffffffffffffffffffff", "-1", "x", "9" * 1000):
            with self.assertRaises(support.RpcError):
                self.rpc.call("getBlockByNumber", 1, number, True)
        self._assert_goes_on()


if __name__ == "__main__":
    support.main()
