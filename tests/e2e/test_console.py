"""`hanse console` on a real chain of four nodes: every family of commands by script, and the prompt on a pseudo terminal."""

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import termios
import time
import unittest

import support

ADDRESS = r"0x[0-9a-f]{40}"
HASH = r"0x[0-9a-f]{64}"
DASHES = "-" * 93
OTHER = "0x" + "0" * 36 + "1234"


class Console:
    """A folder with contracts in which consoles are started."""

    def __init__(self, chain):
        self.folder = support.folder()
        os.makedirs(os.path.join(self.folder, "contracts", "build"))
        for suffix in (".abi", ".bin"):
            shutil.copy(support.CONTRACT + suffix, os.path.join(self.folder, "contracts", "build"))
        self.nodes = ["127.0.0.1:%d" % node.channel_port for node in chain.nodes]
        self.options = ["--sdk", os.path.join(chain.nodes_folder, "sdk")]
        for node in self.nodes:
            self.options += ["--node", node]
        self.environment = dict(os.environ, HOME=self.folder, TERM="xterm", LANG="C.UTF-8")

    def run(self, *arguments, stdin=None, fails=False):
        """Standard output of `hanse console ARGUMENTS`."""
        done = subprocess.run([support.HANSE, "console", *self.options, *arguments], cwd=self.folder, env=self.environment, text=True,
                              input=stdin if stdin is not None else "", capture_output=True, timeout=120 * support.PATIENCE)
        if (done.returncode != 0) != fails:
            raise AssertionError("hanse console %s: exit status %d\n%s%s" % (arguments, done.returncode, done.stdout, done.stderr))
        assert done.stderr == "", done.stderr
        return done.stdout


class ScriptTest(support.ChainTest):
    @classmethod
    def setUpClass(cls):
        cls.one_chain = support.Chain()
        cls.one_chain.start()
        cls.console = Console(cls.one_chain)

    @classmethod
    def tearDownClass(cls):
        cls.one_chain.destroy()

    def one(self, *words, **options):
        return self.console.run(*words, **options)

    def assert_code(self, output, code, message):
        self.assertRegex(output, r'\{\n    "code":%d,\n    "msg":"%s"\n\}' % (code, re.escape(message)))

    def deploy(self):
        return re.search(r"contract address: (%s)" % ADDRESS, self.one("deploy", "HelloWorld")).group(1)

    def me(self):
        return self.one("getCurrentAccount").strip()

    def test_blocks_and_transactions(self):
        out = self.one("deploy", "HelloWorld")
        tx = re.search(r"transaction hash: (%s)" % HASH, out).group(1)
        number = self.one("getBlockNumber").strip()
        block_hash = self.one("getBlockHashByNumber", number).strip()
        self.assertRegex(block_hash, "^%s$" % HASH)
        by_number, by_hash = self.one("getBlockByNumber", number), self.one("getBlockByHash", block_hash)
        self.assertEqual(by_number, by_hash)
        self.assertIn("    number='%s',\n    hash='%s'," % (number, block_hash), by_number)
        self.assertIn("        TransactionHash{\n            value='%s'\n        }" % tx, by_number)
        self.assertIn("            hash='%s'," % tx, self.one("getBlockByNumber", number, "true"))
        header = self.one("getBlockHeaderByNumber", number, "true")
        self.assertTrue(header.startswith("BlockHeader{\n    number=%s,\n" % number))
        self.assertGreaterEqual(header.count("signature='0x"), 3)
        self.assertEqual(self.one("getBlockHeaderByHash", block_hash), self.one("getBlockHeaderByNumber", number))
        for words in (("getTransactionByHash", tx), ("getTransactionByBlockHashAndIndex", block_hash, "0"),
                      ("getTransactionByBlockNumberAndIndex", number, "0")):
            self.assertIn("    hash='%s',\n" % tx, self.one(*words))
        receipt = self.one("getTransactionReceipt", tx)
        self.assertTrue(receipt.startswith("TransactionReceipt{\n    transactionHash='%s',\n" % tx))
        self.assertIn("    status='0x0',\n    statusMsg='None',\n", receipt)
        self.assertTrue(self.one("getTransactionByHashWithProof", tx).startswith("TransactionAndProof{\n    transaction={\n"))
        self.assertIn("MerkleProofUnit{", self.one("getTransactionReceiptByHashWithProof", tx))
        for words in (("getBatchReceiptsByBlockNumberAndRange", number), ("getBatchReceiptsByBlockHashAndRange", block_hash, "0", "1")):
            out = self.one(*words)
            self.assertIn("        receiptsCount='0x1'\n", out)
            self.assertIn("            transactionHash='%s'," % tx, out)
        self.assertEqual(self.one("getPendingTxSize"), "0\n")
        self.assertEqual(self.one("getPendingTransactions"), "[]\n")
        self.assertRegex(self.one("getTotalTransactionCount"), r'^\{\n    "blockNumber":\d+,\n    "txSum":\d+,\n    "failedTxSum":\d+\n\}\n$')
        self.assertEqual(self.one("getTransactionByHash", "0x" + "ab" * 32, fails=True), "This transaction hash doesn't exist.\n")
        self.assert_code(self.one("getBlockByNumber", "99999", fails=True), -40004, "BlockNumber does not exist")

    def test_nodes_and_consensus(self):
        self.assertTrue(self.one("getNodeVersion").startswith("ClientVersion{\n    version='2."))
        self.assertIn("node='node1'", self.one("getNodeInfo", self.console.nodes[1]))
        self.assertEqual(self.one("getPeers", self.console.nodes[2]).count("PeerInfo{"), 3)
        ids = re.findall(r"^    ([0-9a-f]{128}),?$", self.one("getNodeIDList"), re.M)
        self.assertEqual(len(ids), 4)
        self.assertEqual(re.findall(r"[0-9a-f]{128}", self.one("getSealerList")), sorted(ids))
        self.assertEqual(sorted(re.findall(r"[0-9a-f]{128}", self.one("getGroupPeers"))), sorted(ids))
        self.assertEqual(self.one("getObserverList"), "[]\n")
        self.assertEqual(self.one("getGroupList"), "[1]\n")
        self.assertRegex(self.one("getPbftView"), r"^\d+\n$")
        self.assertIn("        nodeNum='4',\n", self.one("getConsensusStatus"))
        self.assertEqual(self.one("getSyncStatus").count("PeersInfo{"), 3)
        self.assertEqual(sorted(re.findall(r"127\.0\.0\.1:\d+", self.one("getAvailableConnections"))), sorted(self.console.nodes))
        self.assertIn(self.console.nodes[0], self.one("getGroupConnections"))
        self.assertIn("none of this client's nodes", self.one("getPeers", "127.0.0.1:1", fails=True))

        last = ids[3]
        self.assert_code(self.one("addObserver", last), 1, "Success")
        self.assertIn(last, self.one("getObserverList"))
        self.assertEqual(self.one("addObserver", last, fails=True), "The node already exists in the observerList\n")
        self.assert_code(self.one("addSealer", last), 1, "Success")
        self.assertEqual(self.one("addSealer", last, fails=True), "The node already exists in the sealerList\n")
        self.assertEqual(self.one("addSealer", "ab" * 64, fails=True), "The operated node must be in the list returned by getNodeIDList\n")
        self.assertEqual(self.one("removeNode", "ab" * 64, fails=True), "The node already has been removed from the group\n")
        self.assert_code(self.one("addSealer", "abc", fails=True), -51100, "Invalid node ID")

    def test_peers_and_groups_answer(self):
        node = self.console.nodes[0]
        self.assertIn(":", self.one("queryPeers", node))
        self.assertIn("GroupStatus{\n    code='0x0',\n    message='',\n    status='RUNNING'\n}", self.one("queryGroupStatus", node, "1"))

    def test_system_configuration(self):
        self.assert_code(self.one("setSystemConfigByKey", "tx_count_limit", "777"), 1, "Success")
        self.assertEqual(self.one("getSystemConfigByKey", "tx_count_limit"), "777\n")
        out = self.one("setSystemConfigByKey", "rpbft_epoch_block_num", "5")
        self.assertTrue(out.startswith("Note: rpbft_epoch_block_num only takes effect when RPBFT is used!\nTransactionHash: 0x"))
        self.assertIn("Please provide a valid key, for example: tx_count_limit or ", self.one("getSystemConfigByKey", "nonsense", fails=True))
        self.assertIn("from 100000 to", self.one("setSystemConfigByKey", "tx_gas_limit", "1", fails=True))

    def test_contracts(self):
        address = self.deploy()
        self.assertEqual(self.one("getCode", address)[:4], "0x60")
        self.assertEqual(self.one("getCode", OTHER, fails=True), "This address doesn't exist.\n")
        view = "\n".join([DASHES, "Return code: 0", "description: transaction executed successfully", "Return message: Success", DASHES,
                          "Return value size:1", "Return types: (STRING)", "Return values:(%s)", DASHES, ""])
        self.assertEqual(self.one("call", "HelloWorld", address, "get"), view % "Hello, World!")
        out = self.one("call", "HelloWorld", "latest", "set", "Lübeck, 吕贝克; \"x\"")
        self.assertIn('latest contract address for "HelloWorld" is %s\ntransaction hash: 0x' % address, out)
        self.assertIn("transaction status: 0x0\ndescription: transaction executed successfully\n" + DASHES, out)
        self.assertIn("Transaction inputs:\nInput value size:1\nInput types: (STRING)\nInput values:(Lübeck, 吕贝克; \"x\")\n", out)
        self.assertIn("Receipt message: Success\nReturn message: Success\nReturn values:[]\n%s\nEvent logs\nEvent: " % DASHES, out)
        self.assertIn('Event: {"Changed":[["%s","Hello, World!","Lübeck, 吕贝克; \\"x\\""]]}\n' % self.me(), out)
        self.assertEqual(self.one("call", "HelloWorld", address, "get"), view % "Lübeck, 吕贝克; \"x\"")
        self.assertEqual(self.one("call", "HelloWorld", address, "nope", fails=True),
                         'call contract "HelloWorld" failed ! Please check the existence of method "nope"\n')
        self.assertIn("set(string) takes 1 arguments, not 2", self.one("call", "HelloWorld", address, "set", "a", "b", fails=True))
        self.assertIn("There is no Nothing.sol", self.one("deploy", "Nothing", fails=True))
        self.assertIn(" set                 |    false     |    0x4ed3885e  |    set(string)", self.one("listAbi", "HelloWorld"))
        self.assertRegex(self.one("listDeployContractAddress", "HelloWorld", "1"), r"^%s  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n\n$" % address)
        self.assertRegex(self.one("getDeployLog", "1"), r"^\n\d{4}-\d\d-\d\d [\d:]+  \[group:1\]  HelloWorld            %s\n\n$" % address)
        kept = os.path.join(self.console.folder, "contracts", ".compiled", "1", "HelloWorld", address)
        self.assertEqual(sorted(os.listdir(kept)), ["HelloWorld.abi", "HelloWorld.bin"])
        self.assertIn('Contract "Nothing" doesn\'t exist!', self.one("listDeployContractAddress", "Nothing", fails=True))

    def test_solidity_by_a_compiler_on_the_path(self):
        """A program that answers like solc: what it is asked, when it is asked, and what becomes of its complaints."""
        tools, sources = os.path.join(self.console.folder, "bin"), os.path.join(self.console.folder, "contracts", "solidity")
        os.makedirs(tools)
        os.makedirs(sources)
        with open(os.path.join(tools, "solc"), "w") as f:
            f.write('#!/bin/sh\nfor file; do :; done\necho "$@" >> calls\ncase $1 in --evm-version) echo "evm-version: no" >&2; exit 1;; esac\n'
                    'grep -q syntax "$file" && { echo "$file: syntax error" >&2; exit 1; }\n'
                    'printf \'{"contracts":{"%%s:Greeter":{"abi":%%s,"bin":"%%s"}}}\' "$file" "$(cat %s.abi)" "$(cat %s.bin)"\n' %
                    (support.CONTRACT, support.CONTRACT))
        os.chmod(os.path.join(tools, "solc"), 0o755)
        for name, text in (("Greeter", "contract Greeter {}"), ("Wrong", "a syntax error"), ("Other", "contract Greeter {}")):
            with open(os.path.join(sources, name + ".sol"), "w") as f:
                f.write(text)
        with_path = dict(self.console.environment, PATH=tools + ":" + os.environ["PATH"])
        without = dict(self.console.environment, PATH=tools + "-none")
        plain = self.console.environment
        try:
            self.console.environment = with_path
            self.assertIn("contract address: 0x", self.one("deploy", "Greeter"))
            self.assertIn("Return values:(Hello, World!)", self.one("call", "Greeter.sol", "latest", "get"))
            self.assertIn("contract address: 0x", self.one("deploy", "contracts/solidity/Greeter.sol"))
            self.assertIn("Wrong.sol: syntax error", self.one("deploy", "Wrong", fails=True))
            self.assertIn("holds no contract with the name Other", self.one("deploy", "Other", fails=True))
            with open(os.path.join(self.console.folder, "calls")) as f:
                calls = f.read().splitlines()
            self.assertRegex(calls[0], r"^--evm-version istanbul --combined-json abi,bin --allow-paths \S+ contracts/solidity/Greeter.sol$")
            self.assertEqual(len(calls), 8)  # four compilations, each again without --evm-version; `call` needed none
            self.console.environment = without
            self.assertIn("there is no Solidity compiler", self.one("deploy", "Greeter", fails=True))
        finally:
            self.console.environment = plain
            shutil.rmtree(sources)

    def test_cns(self):
        version = "v%d" % support.RANDOM.randrange(1 << 30)
        self.assert_code(self.one("deployByCNS", "HelloWorld", version), 1, "Success")
        self.assertEqual(self.one("deployByCNS", "HelloWorld", version, fails=True),
                         'The version "%s" of contract "HelloWorld" already exists!\n' % version)
        self.assertIn("transaction status: 0x0", self.one("callByCNS", "HelloWorld:" + version, "set", "by name"))
        self.assertIn("Return values:(by name)", self.one("callByCNS", "HelloWorld", "get"))
        self.assertRegex(self.one("queryCNS", "HelloWorld", version),
                         r"^%s\n\* contract address: %s\n\* contract version: %s\n%s\n$" % (DASHES, ADDRESS, version, DASHES))
        address = self.deploy()
        self.assert_code(self.one("registerCNS", "HelloWorld", address, version + "b"), 1, "Success")
        self.assertIn("* contract address: " + address, self.one("queryCNS", "HelloWorld"))
        self.assertEqual(self.one("queryCNS", "Nothing"), "%s\nEmpty set.\n%s\n" % (DASHES, DASHES))
        self.assertIn("Can't find \"HelloWorld:x\" information from the cns list!", self.one("callByCNS", "HelloWorld:x", "get", fails=True))

    def test_tables(self):
        script = """# a comment
create table t_demo(name varchar, item_id varchar, item_name varchar, primary key(name))
insert into t_demo (name, item_id, item_name) values (fruit, 1, "apple, red")
insert into t_demo values (fruit, 2, apple2)
select * from t_demo where name = fruit
select item_name from t_demo where name = fruit and item_id >= 2
update t_demo set item_name = orange where name = fruit and item_id = 1
select * from t_demo where name = fruit limit 1
delete from t_demo where name = fruit and item_id = 1
select * from t_demo where name = pear
desc t_demo
"""
        out = re.sub("TransactionHash: %s\n" % HASH, "", self.one(stdin=script))
        self.assertEqual(out, "\n".join([
            "Create 't_demo' Ok.\n", "Insert OK: ", "1 row affected.\n", "Insert OK: ", "1 row affected.\n",
            "{name=fruit, item_id=1, item_name=apple, red}", "{name=fruit, item_id=2, item_name=apple2}", "2 rows in set.\n",
            "{item_name=apple2}", "1 row in set.\n", "1 row affected.\n", "{name=fruit, item_id=1, item_name=orange}", "1 row in set.\n",
            "Remove OK, 1 row affected.\n", "Empty set.\n", "[", "    {", '        "key_field":"name",', '        "value_field":"item_id,item_name"',
            "    }", "]", ""]))
        self.assertIn("The table \"nope\" doesn't exist!", self.one("desc", "nope", fails=True))
        self.assertIn("Please insert the key field 'name'.", self.one("-e", "insert into t_demo (item_id) values (1)", fails=True))
        self.assertIn("Please provide a equal condition for the key field 'name' in where clause.",
                      self.one("-e", "select * from t_demo where item_id = 1", fails=True))
        self.assertIn("Please don't set the key field \"name\".", self.one("-e", "update t_demo set name = a where name = b", fails=True))
        self.assertIn("Could not parse SQL statement.", self.one("-e", "select * from t_demo where name = a or name = b", fails=True))
        out = self.one("-e", "create table t_demo(a varchar, b varchar, primary key(a))", fails=True)
        self.assertIn("Create 't_demo' failed ", out)
        self.assert_code(out, -50001, "The table already exist")

        me = self.me()
        self.assert_code(self.one("grantUserTableManager", "t_demo", OTHER), 1, "Success")
        self.assertIn("| %s  |" % OTHER, self.one("listUserTableManager", "t_demo"))
        out = self.one("-e", "insert into t_demo values (a, b, c)", fails=True)
        self.assertIn("* code: -50000\n* message: Permission denied\n", out)
        self.assert_code(self.one("revokeUserTableManager", "t_demo", me, fails=True), -51001, "The table name and address not exist")
        self.assert_code(self.one("revokeUserTableManager", "t_demo", OTHER), 1, "Success")
        self.assertEqual(self.one("listUserTableManager", "t_demo"), "Empty set.\n")

    def test_permissions(self):
        me = self.me()
        for who in ("DeployAndCreate", "Node", "CNS", "SysConfig"):
            self.assertEqual(self.one("list%sManager" % who), "Empty set.\n")
            self.assert_code(self.one("grant%sManager" % who, me), 1, "Success")
            self.assert_code(self.one("grant%sManager" % who, me, fails=True), -51000, "The table name and address already exist")
            self.assertRegex(self.one("list%sManager" % who),
                             r"^%s\n\|                   address                   \|                 enable_num                  \|\n"
                             r"\| %s  \| +\d+ +\|\n%s\n$" % (DASHES, me, DASHES))
            self.assert_code(self.one("revoke%sManager" % who, me), 1, "Success")
        address = self.deploy()
        self.assert_code(self.one("grantContractWritePermission", address, me), 1, "Success")
        self.assertIn("| %s  |" % me, self.one("listContractWritePermission", address))
        self.assert_code(self.one("revokeContractWritePermission", address, me), 1, "Success")

    def test_life_cycle(self):
        address = self.deploy()
        self.assertEqual(self.one("getContractStatus", address), "The contract is available.\n")
        self.assert_code(self.one("freezeContract", address), 1, "Success")
        self.assert_code(self.one("freezeContract", address, fails=True), -51900, "The contract has been frozen")
        self.assertIn("The contract has been frozen.", self.one("getContractStatus", address))
        out = self.one("call", "HelloWorld", address, "set", "x", fails=True)
        self.assertIn("transaction status: 0x1e\ndescription: ContractFrozen, please refer to ", out)
        self.assertIn("Receipt message: ContractFrozen\nReturn message: Frozen contract:%s\n" % address[2:], out)
        self.assertIn("Return code: 30\n", self.one("call", "HelloWorld", address, "get", fails=True))
        self.assert_code(self.one("unfreezeContract", address), 1, "Success")
        self.assert_code(self.one("grantContractStatusManager", address, "0x1234"), 1, "Success")
        self.assertEqual(self.one("listContractStatusManager", address), '[\n    "%s",\n    "%s"\n]\n' % (self.me(), OTHER))
        self.assert_code(self.one("revokeContractStatusManager", address, "0x1234"), 1, "Success")

    def test_accounts(self):
        me = self.me()
        out = self.one("newAccount", "p12", "pass word")
        path, new = re.search(r"AccountPath: (\S+)\n", out).group(1), re.search(r"newAccount: (%s)" % ADDRESS, out).group(1)
        self.assertEqual(path, "account/ecdsa/%s.p12" % new)
        self.assertIn("AccountType: ecdsa", out)
        out = self.one("newAccount")
        pem = re.search(r"newAccount: (%s)" % ADDRESS, out).group(1)
        listed = self.one("--key", "account/ecdsa/%s.pem" % me, "listAccount")
        self.assertTrue(listed.startswith("%s(current account) <=\n" % me))
        self.assertIn(new, listed)
        out = self.one("-e", "loadAccount %s; getCurrentAccount" % pem)
        self.assertEqual(out, "Load account %s success!\n\n%s\n" % (pem, pem))
        self.assertEqual(self.one("loadAccount", "0x12", fails=True), "The account file account/ecdsa/0x12.pem doesn't exist!\n")
        config = os.path.join(self.console.folder, "p12.toml")
        with open(config, "w") as f:
            f.write('[account]\naccountFilePath = "%s"\naccountFileFormat = "p12"\npassword = "pass word"\n' % path)
        self.assertEqual(self.one("--config", config, "getCurrentAccount"), new + "\n")
        self.assertEqual(self.one("getCryptoType"), "ledger crypto type: ECDSA\nssl crypto type: ECDSA\n\n")
        for name in os.listdir(os.path.join(self.console.folder, "account", "ecdsa")):  # the other tests go on with the first
            if me not in name:
                os.unlink(os.path.join(self.console.folder, "account", "ecdsa", name))

    def test_scripts_and_their_exit_status(self):
        self.assertEqual(self.one("-e", "getGroupList; getObserverList", "-e", "getGroupList"), "[1]\n[]\n[1]\n")
        self.assertEqual(self.one("1", "getGroupList"), "[1]\n")
        self.assertEqual(self.one(stdin="getGroupList\n\n# comment\nquit\ngetGroupList\n"), "[1]\n")
        self.assertEqual(self.one("-e", "nonsense; getGroupList", fails=True), 'Undefined command: "nonsense". Try "help".\n\n[1]\n')
        self.assertEqual(self.one("--stop", "-e", "nonsense; getGroupList", fails=True), 'Undefined command: "nonsense". Try "help".\n\n')
        self.assert_code(self.one("7", "getBlockNumber", fails=True), -40001, "GroupID does not exist")
        self.assertNotIn("\033", self.one("getConsensusStatus"))
        done = subprocess.run([support.HANSE, "console", "--node", "127.0.0.1:1", *self.console.options[:2], "getBlockNumber"],
                              cwd=self.console.folder, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("Failed to create BcosSDK failed! Please check the node status and the console configuration, error info: ", done.stdout)
        done = subprocess.run([support.HANSE, "console", "--bogus"], cwd=self.console.folder, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 2)

    def test_the_java_consoles_folder(self):
        folder, sdk = support.folder(), self.console.options[1]
        os.makedirs(os.path.join(folder, "conf"))
        for name in ("ca.crt", "sdk.crt", "sdk.key"):
            shutil.copy(os.path.join(sdk, name), os.path.join(folder, "conf"))
        with open(os.path.join(folder, "conf", "config.toml"), "w") as f:
            f.write('[cryptoMaterial]\n\ncertPath = "conf"                           # The certification path  \n\n[network]\n'
                    'peers=["%s", "%s"]    # The peer list to connect\n\n[account]\nkeyStoreDir = "account"\naccountFileFormat = "pem"\n'
                    '[threadPool]\n# threadPoolSize = "16"\nmaxBlockingQueueSize = "102400"\n' % (self.console.nodes[2], self.console.nodes[3]))
        done = subprocess.run([support.HANSE, "console", "1", "getAvailableConnections"], cwd=folder, capture_output=True, text=True,
                              timeout=60 * support.PATIENCE)
        self.assertEqual(sorted(re.findall(r"127\.0\.0\.1:\d+", done.stdout)), sorted(self.console.nodes[2:]), done.stdout + done.stderr)

    def test_over_http(self):
        node = "http://127.0.0.1:%d" % self.one_chain.nodes[0].rpc_port
        out = subprocess.run([support.HANSE, "console", "--node", node, "-e", "getGroupList; deploy HelloWorld; call HelloWorld latest get"],
                             cwd=self.console.folder, env=self.console.environment, capture_output=True, text=True, timeout=60 * support.PATIENCE)
        self.assertEqual(out.returncode, 0, out.stdout + out.stderr)
        self.assertIn("Return values:(Hello, World!)", out.stdout)


class GovernanceTest(support.ChainTest):
    """A chain of its own: a committee stays."""

    def test_committee_operators_and_gas(self):
        chain = self.chain()
        chain.start()
        console = Console(chain)
        me = console.run("getCurrentAccount").strip()
        self.assertEqual(console.run("queryThreshold"), "Effective threshold : 50%\n")
        self.assertIn('"code":1', console.run("grantCommitteeMember", me))
        self.assertIn('"code":-52000', console.run("grantCommitteeMember", me, fails=True))
        self.assertIn("| %s  |" % me, console.run("listCommitteeMembers"))
        self.assertEqual(console.run("queryCommitteeMemberWeight", me), "Account: %s Weight: 1\n" % me)
        self.assertIn('"code":-52001', console.run("queryCommitteeMemberWeight", OTHER, fails=True))
        self.assertIn('"code":1', console.run("updateCommitteeMemberWeight", me, "2"))
        self.assertEqual(console.run("queryCommitteeMemberWeight", me), "Account: %s Weight: 2\n" % me)
        self.assertIn('"code":1', console.run("updateThreshold", "60"))
        self.assertEqual(console.run("queryThreshold"), "Effective threshold : 60%\n")
        self.assertEqual(console.run("updateThreshold", "100", fails=True),
                         "Please provide threshold by non-negative integer mode,  from 0 to 99 .\n")
        self.assertIn('"code":1', console.run("grantCommitteeMember", OTHER))
        self.assertIn('"code":1', console.run("revokeCommitteeMember", OTHER))
        self.assertEqual(console.run("queryVotesOfMember", me), "queried account: %s\nvotes:null\n" % me)
        self.assertEqual(console.run("queryVotesOfThreshold"), "The votes of the updateThreshold operation : null\n")
        operator = "0x" + "5" * 40
        self.assertIn('"code":1', console.run("grantOperator", operator))
        self.assertIn("| %s  |" % operator, console.run("listOperators"))
        self.assertIn('"code":1', console.run("revokeOperator", operator))
        self.assertEqual(console.run("listOperators"), "Empty set.\n")

        account = "0x" + "7" * 40
        self.assertEqual(console.run("getAccountStatus", account), "The address is nonexistent.\n")
        self.assertEqual(console.run("listChargers"), "%s\n* listChargers\n%s\nEmpty set.\n" % (DASHES, DASHES))
        self.assertRegex(console.run("grantCharger", me),
                         r'^%s\n\* grantCharger\n%s\ngrantedAddress: %s\n%s\n\* result:\nTransactionHash: %s\n\{\n    "code":0,' %
                         (DASHES, DASHES, me, DASHES, HASH))
        self.assertIn("* " + me, console.run("listChargers"))
        out = console.run("chargeGas", account, "1000")
        self.assertRegex(out, r"^TransactionHash:%s\ndescription: transaction executed successfully\n" % HASH)
        self.assertTrue(out.endswith("%s\nReturn message: Success\nReturn values: [0,1000]\n%s\n" % (DASHES, DASHES)), out)
        self.assertIn('"code":-53003', console.run("deductGas", account, "2000", fails=True))
        console.run("deductGas", account, "100")
        self.assertEqual(console.run("queryRemainGas", account),
                         "%s\n* queryRemainGas\n%s\n* accountAddress: %s\n* remainGas: 900\n%s\n" % (DASHES, DASHES, account, DASHES))
        self.assertEqual(console.run("getAccountStatus", account), "The account is available.\n")
        self.assertIn('"code":1', console.run("freezeAccount", account))
        self.assertIn("The account has been frozen.", console.run("getAccountStatus", account))
        self.assertIn('"code":1', console.run("unfreezeAccount", account))
        self.assertIn('"code":0', console.run("revokeCharger", me))


class GroupTest(support.ChainTest):
    def test_two_groups(self):
        folder, ports = support.folder(), support.take_ports(3)
        with open(os.path.join(folder, "servers"), "w") as f:
            f.write("127.0.0.1:1 agency 1,2\n")
        support.run_hanse("chain", "create", "-f", "servers", "-o", "nodes", "-R", "-p", "%d,%d,%d" % (ports, ports + 1, ports + 2), cwd=folder)
        nodes = os.path.join(folder, "nodes", "127.0.0.1")
        node = support.Node(nodes, "node0", os.path.join(nodes, "hanse"))
        try:
            node.start().wait_answers()
            console = Console(type("OneNode", (), {"nodes": [node], "nodes_folder": nodes}))
            self.assertEqual(console.run("getGroupList"), "[1, 2]\n")
            out = console.run("-e", "deploy HelloWorld; switch 2; getBlockNumber; getDeployLog; deploy HelloWorld; call HelloWorld latest get; s 1; "
                                    "getBlockNumber; quit; getBlockNumber")
            self.assertIn("Switched to group 2.\n\n0\nEmpty set.\n\n", out)
            self.assertIn("Return values:(Hello, World!)", out)
            self.assertTrue(out.endswith("Switched to group 1.\n\n1\n"), out)
            self.assertEqual(console.run("2", "getBlockNumber"), "1\n")
            self.assertEqual(console.run("--group", "2", "getBlockNumber"), "1\n")
            self.assertEqual(sorted(os.listdir(os.path.join(console.folder, "contracts", ".compiled"))), ["1", "2"])
            self.assertIn("[group:2]", console.run("2", "getDeployLog"))
            out = console.run("-e", "switch 3; getBlockNumber", fails=True)  # the old group stays
            self.assertRegex(out, r'^\{\n    "code":-40001,\n    "msg":"GroupID does not exist"\n\}\nSwitch to group 3 failed!\n\n1\n$')
            self.assertEqual(console.run("getGroupConnections", "2"), "[\n    %s\n]\n" % console.nodes[0])
            self.assertEqual(console.run("getGroupConnections", "3"), "[]\n")
        finally:
            node.kill()


class Terminal:
    """A console on a pseudo terminal of 120 columns."""

    def __init__(self, console, *options):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
            os.chdir(console.folder)
            os.execve(support.HANSE, [support.HANSE, "console", *console.options, *options], console.environment)
        self.text = ""

    def type(self, text):
        os.write(self.fd, text.encode())

    def wait(self, pattern, seconds=20):
        """What was printed up to the pattern, which is taken away with it."""
        until = time.monotonic() + seconds * support.PATIENCE
        while True:
            found = re.search(pattern, self.text)
            if found:
                before, self.text = self.text[:found.end()], self.text[found.end():]
                return before
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                raise AssertionError("no %s in %r" % (pattern, self.text))
            try:
                self.text += os.read(self.fd, 65536).decode(errors="replace")
            except OSError:
                raise AssertionError("the console ended; no %s in %r" % (pattern, self.text)) from None

    def wait_prompt(self):
        before = self.wait(PROMPT)
        time.sleep(0.1 * support.PATIENCE)  # libedit takes the terminal over just after the prompt
        return before

    def exit_status(self):
        deadline = time.monotonic() + 20 * support.PATIENCE
        while time.monotonic() < deadline:
            with_pid, status = os.waitpid(self.pid, os.WNOHANG)
            if with_pid:
                os.close(self.fd)
                return os.waitstatus_to_exitcode(status)
            if select.select([self.fd], [], [], 0.05)[0]:
                try:
                    self.text += os.read(self.fd, 65536).decode(errors="replace")
                except OSError:
                    time.sleep(0.02)
        os.kill(self.pid, signal.SIGKILL)
        raise AssertionError("the console does not end: %r" % self.text)


PROMPT = r"\[group:1\]> "


class PromptTest(support.ChainTest):
    def test_the_prompt(self):
        chain = self.chain()
        chain.start()
        console = Console(chain)
        t = Terminal(console)
        banner = t.wait_prompt()
        self.assertRegex(banner, r"={93}\r\nWelcome to FISCO BCOS console\(\S+\)!\r\n")
        t.type("getGroupL\t\n")  # completion of a command
        t.wait(r"\[1\]\r\n")
        t.wait_prompt()
        t.type("getBlock\t")  # several: listed
        t.wait(r"getBlockByHash +getBlockHashByNumber")
        t.wait(PROMPT + "getBlock")
        t.type("abc\x03")  # Ctrl-C: a new line
        t.wait(r"\^C\r\n")
        t.wait_prompt()
        t.type("deploy H\t\n")
        address = re.search(ADDRESS + "$", t.wait(r"contract address: %s" % ADDRESS)).group(0)
        t.wait_prompt()
        t.type("call H\t0x\tse\t\"hi there\"\n")  # contract, address, function
        t.wait(r"Input values:\(hi there\)")
        t.wait_prompt()
        t.type("\x1b[A\x1b[A\n")  # history: two lines up
        t.wait(r"contract address: ")
        t.wait_prompt()
        t.type("getConsensusStatus\n")  # no JSON quotes in it: no colours; the next has
        t.wait_prompt()
        t.type("listContractStatusManager %s\n" % address)
        t.wait(r"\x1b\[32m\"%s" % ADDRESS)
        t.wait_prompt()
        t.type("\x12Group\n")  # Ctrl-R finds getGroupList
        t.type("\n")
        t.wait(r"\[1\]\r\n")
        t.wait_prompt()
        t.type("getBlokNumber\n")
        t.wait(r"Did you mean \"getBlockNumber\"")
        t.wait_prompt()
        t.type("\x04")  # Ctrl-D
        self.assertEqual(t.exit_status(), 0)
        history = os.path.join(console.folder, ".hanse_console_history")
        self.assertEqual(os.stat(history).st_mode & 0o777, 0o600)

        t = Terminal(console)  # the history lives on
        t.wait_prompt()
        t.type("\x1b[A")
        t.wait("getBlokNumber")
        t.type("\x03")
        t.wait_prompt()
        t.type("q\n")
        self.assertEqual(t.exit_status(), 0)

        t = Terminal(console, "-l")  # without editing
        t.wait_prompt()
        t.type("getGroupList\n")
        t.wait(r"\[1\]\r\n")
        t.wait_prompt()
        t.type("quit\n")
        self.assertEqual(t.exit_status(), 0)

    def test_passwords_and_a_chain_that_is_silent(self):
        chain = self.chain()
        chain.start()
        console = Console(chain)
        t = Terminal(console)
        t.wait_prompt()
        t.type("newAccount p12\n")
        t.wait("Enter p12 Password:")
        time.sleep(0.2 * support.PATIENCE)
        t.type("a secret\n")
        address = re.search(r"newAccount: (%s)" % ADDRESS, t.wait("AccountType: ecdsa")).group(1)
        t.wait_prompt()
        t.type("loadAccount %s p12\n" % address)
        t.wait("Enter p12 Password:")
        time.sleep(0.2 * support.PATIENCE)
        t.type("a secret\n")
        self.assertNotIn("a secret", t.wait("Load account %s success!" % address))
        t.wait_prompt()
        for node in chain.nodes:
            node.process.send_signal(signal.SIGSTOP)
        t.type("getBlockNumber\n")
        time.sleep(0.5 * support.PATIENCE)
        t.type("\x03")
        t.wait("Still waiting for the answer. Ctrl-C again leaves the console.")
        t.type("\x03")
        self.assertEqual(t.exit_status(), 130)

    def test_nobody_there(self):
        chain = self.chain()
        console = Console(chain)  # not started
        t = Terminal(console)
        if "group:1" in t.wait(r"%s|Failed to create BcosSDK failed!" % PROMPT):  # the prompt does not wait long to find out
            t.type("getBlockNumber\nq\n")
            t.wait("Failed to create BcosSDK failed! Please check the node status")
        t.exit_status()


if __name__ == "__main__":
    unittest.main()
