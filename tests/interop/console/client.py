"""The public Java console: a long conversation with the interactive one, then commands in processes of their own (its script mode).

Its scripts console.sh and start.sh only add the classpath and -Djdk.tls.namedGroups=SM2,secp256k1,...; a JDK from 16 on has no
secp256k1, cannot begin a TLS handshake with it as the first group, and is started here without."""

import os
import re
import secrets
import shutil
import subprocess
import threading

import support
from framework import Client, Skip, checkout

CLASSPATH = "apps/*:conf/:lib/*:classes/:accounts/"


def packages(work):
    dist = os.path.join(checkout("console"), "dist")
    if not os.path.isdir(os.path.join(dist, "apps")) or not os.path.isdir(os.path.join(dist, "lib")):
        raise Skip("there is no %s with apps and lib: build the console as its README says, or unpack a release there" % dist)
    shutil.copytree(dist, os.path.join(work, "dist"), ignore=shutil.ignore_patterns("log", "account", "accounts"))


class Console:
    def __init__(self, chain, work):
        self.folder = os.path.join(work, "dist")
        for name in os.listdir(chain.sdk):
            if os.path.isfile(os.path.join(chain.sdk, name)):
                shutil.copy(os.path.join(chain.sdk, name), os.path.join(self.folder, "conf"))
        support.run_hanse("account", "new", "-o", "accounts", cwd=self.folder)
        key = next(name for name in os.listdir(os.path.join(self.folder, "accounts")) if not name.endswith(".public.pem"))
        self.account = key[:-len(".pem")]
        self.talk, self.asked = None, 0
        with open(os.path.join(self.folder, "conf", "config.toml"), "w") as f:
            f.write('[cryptoMaterial]\ncertPath = "conf"\n[network]\npeers=["127.0.0.1:%d", "127.0.0.1:%d"]\n'
                    '[account]\nkeyStoreDir = "account"\naccountFileFormat = "pem"\naccountFilePath = "accounts/%s"\n[threadPool]\n'
                    % (*chain.channel_ports[:2], key))

    def run(self, line):
        """What the console answers to a line of input; one console holds the whole conversation."""
        if self.talk is None:
            self.talk = subprocess.Popen(["java", "-cp", CLASSPATH, "console.Console"], cwd=self.folder, stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.asked += 1
        end = "end%d" % self.asked  # a command that it does not know: it says so once it has done what came before
        self.talk.stdin.write(line + "\n" + end + "\n")
        self.talk.stdin.flush()
        clock = threading.Timer(60, self.talk.kill)
        clock.start()
        said = []
        for got in self.talk.stdout:
            if 'Undefined command: "%s"' % end in got:
                break
            said.append(re.sub(r"^(\[group:\d+\])?>\.*\s?", "", got))
        clock.cancel()
        if self.talk.poll() is not None:
            raise AssertionError("%s: the console ended; it said:\n%s" % (line, "".join(said)))
        return "".join(said).strip()

    def run_alone(self, *words):
        """The same in a process of its own, as its console.sh does it."""
        done = subprocess.run(["java", "-cp", CLASSPATH, "console.NonInteractiveConsole", *words], cwd=self.folder, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60)
        return done.stdout.strip()

    def check(self, line, pattern, what=None):
        """pattern must be found in what the console answers. Returns the match."""
        return self._match(line, self.run(line), pattern, what or line.split(" ")[0])

    def check_alone(self, words, pattern):
        return self._match(" ".join(words), self.run_alone(*words), pattern, "script mode: " + words[0].split(" ")[0])

    @staticmethod
    def _match(line, said, pattern, what):
        found = re.search(pattern, said, re.DOTALL)
        if not found:
            raise AssertionError("%s: %r is not in what it said:\n%s" % (line, pattern, said))
        print("   ok " + what, flush=True)
        return found

    def quit(self):
        self.talk.communicate("quit\n", timeout=30)
        self.talk = None

    def close(self):
        if self.talk:
            self.talk.kill()
            self.talk.wait()


def contracts(console):
    found = console.check("deploy HelloWorld", r"transaction hash: (0x[0-9a-f]{64})\ncontract address: (0x[0-9a-f]{40})\ncurrentAccount: %s" % console.account)
    tx_hash, address = found.groups()
    hello = "call HelloWorld %s " % address
    console.check(hello + "get", r"Return code: 0\n.*Return values:\(Hello, World!\)", "call: a question")
    console.check(hello + 'set "a word"', r"transaction status: 0x0\n.*Receipt message: Success", "call: a transaction")
    console.check(hello + "get", r"Return values:\(a word\)", "call: its effect")
    console.check("getTransactionReceipt " + tx_hash, r"from='%s'.*contractAddress='%s'.*status='0x0'" % (console.account, address))
    block = console.check("getTransactionByHash " + tx_hash, r"blockHash='(0x[0-9a-f]{64})'.*blockNumber='(0x[0-9a-f]+)'.*hash='%s'" % tx_hash).groups()
    number = str(int(block[1], 16))
    console.check("getBlockByNumber " + number, r"value='%s'.*hash='%s'" % (tx_hash, block[0]))
    console.check("getBlockByHash " + block[0], r"value='%s'.*number='%s'" % (tx_hash, block[1]))
    console.check("getBlockHeaderByNumber " + number, r"number=%s,\n *hash='%s'" % (number, block[0]))
    console.check("getBlockHashByNumber " + number, block[0])
    console.check("getTransactionByBlockNumberAndIndex %s 0" % number, "hash='%s'" % tx_hash)
    console.check("getTransactionByBlockHashAndIndex %s 0" % block[0], "hash='%s'" % tx_hash)
    console.check("getTransactionByHashWithProof " + tx_hash, "hash='%s'.*(left|txProof|merkle)" % tx_hash)
    console.check("getBatchReceiptsByBlockNumberAndRange %s 0 -1" % number, "receiptsCount='0x1'.*transactionHash='%s'" % tx_hash)
    console.check("getCode " + address, "^0x6080")
    console.check("getBlockByNumber 99999", r'"code":-40004,\s*"msg":"BlockNumber does not exist"', "an unknown block")
    console.check("freezeContract " + address, r'"code":1,')
    console.check("getContractStatus " + address, "has been frozen")
    console.check(hello + "get", r'"code":30,', "call of a frozen contract")
    console.check("unfreezeContract " + address, r'"code":1,')
    console.check("listContractStatusManager " + address, console.account)
    console.check(hello + "get", r"Return values:\(a word\)", "call, unfrozen")
    console.check("deployByCNS HelloWorld 1.0", r'contract address: 0x.*"code":1,')
    console.check("deployByCNS HelloWorld 1.0", r'already exists', "deployByCNS again")
    console.check("queryCNS HelloWorld", r"contract address: 0x[0-9a-f]{40}\n\* contract version: 1.0")
    console.check("callByCNS HelloWorld:1.0 get", r"Return values:\(Hello, World!\)")


def tables(console):
    console.check("create table t_demo(name varchar, item_id varchar, item_name varchar, primary key(name))", "Create 't_demo' Ok.", "create table")
    console.check("create table t_demo(name varchar, item_id varchar, primary key(name))", "-50001|[Ee]xist", "create table again")
    console.check("desc t_demo", '"key_field":"name".*"value_field":"item_id,item_name"|key_field.*name.*item_id,item_name', "desc")
    console.check("insert into t_demo (name, item_id, item_name) values (fruit, 1, apple1)", "1 row affected", "insert")
    console.check("select * from t_demo where name = fruit", r"\{name=fruit, item_id=1, item_name=apple1\}\n1 row in set", "select")
    console.check("update t_demo set item_name = orange where name = fruit and item_id = 1", "1 row affected", "update")
    console.check("select item_name from t_demo where name = fruit", r"\{item_name=orange\}", "select the update")
    console.check("delete from t_demo where name = fruit and item_id = 1", "Remove OK, 1 row affected", "delete")
    console.check("select * from t_demo where name = fruit", "Empty set", "nothing is left")
    console.check("grantUserTableManager t_demo " + console.account, r'"code":1,')
    console.check("listUserTableManager t_demo", console.account)
    console.check("revokeUserTableManager t_demo " + console.account, r'"code":1,')


def chain_state(console, chain):
    console.check("getNodeVersion", r"supportedVersion='2\.[0-9.]+',\s*chainId='1'")
    console.check("getBlockNumber", r"^\d+$")
    node = support.wait_until(lambda: open(chain.nodes[3].path("conf", "node.nodeid")).read().strip(), 1, "the id of node 3")
    console.check("getSealerList", r"^\[(\s*[0-9a-f]{128},?){4}\s*\]$")
    console.check("getNodeIDList", r"^\[(\s*[0-9a-f]{128},?){4}\s*\]$")
    console.check("getGroupPeers", r"^\[(\s*[0-9a-f]{128},?){4}\s*\]$")
    console.check("getGroupList", r"^\[1\]$|^\[\s*1\s*\]$")
    console.check("getPeers", r"node='node[0-3]',\s*agency='agency'")
    console.check("getPbftView", r"^\d+$")
    console.check("getPendingTxSize", r"^0$")
    console.check("getConsensusStatus", r"nodeNum='4'.*leaderFailed='false'.*(view='\d+'.*){4}")
    console.check("getSyncStatus", r"isSyncing='false'.*(nodeId='[0-9a-f]{128}'.*){4}")
    console.check("getTotalTransactionCount", r'"txSum":\d+,\s*"failedTxSum":\d+')
    console.check("queryGroupStatus 127.0.0.1:%d 1" % chain.channel_ports[0], "code='0x0'.*status='RUNNING'")
    console.check("getAvailableConnections", r"127.0.0.1:%d,\s*127.0.0.1:%d" % tuple(chain.channel_ports[:2]))
    console.check("setSystemConfigByKey tx_count_limit 900", r'"code":1,')
    console.check("getSystemConfigByKey tx_count_limit", "^900$")
    console.check("addObserver " + node, r'"code":1,')
    console.check("getObserverList", node)
    console.check("removeNode " + node, r'"code":1,')
    console.check("getObserverList", r"^\[\s*\]$", "getObserverList, empty")
    console.check("addSealer " + node, r'"code":1,')
    console.check("getSealerList", node, "getSealerList, with the node again")


def rights(console):
    other = "0x" + secrets.token_hex(20)
    console.check("listDeployAndCreateManager", "Empty set")
    console.check("grantDeployAndCreateManager " + console.account, r'"code":1,')
    console.check("listDeployAndCreateManager", console.account, "listDeployAndCreateManager, one")
    console.check("revokeDeployAndCreateManager " + console.account, r'"code":1,')
    for right in ("CNS", "SysConfig", "Node"):
        console.check("grant%sManager %s" % (right, console.account), r'"code":1,')
        console.check("list%sManager" % right, console.account)
        console.check("revoke%sManager %s" % (right, console.account), r'"code":1,')
    console.check("grantCommitteeMember " + console.account, r'"code":1,')
    console.check("listCommitteeMembers", console.account)
    console.check("queryCommitteeMemberWeight " + console.account, "1")
    console.check("queryThreshold", "50")
    console.check("grantOperator " + other, r'"code":1,')
    console.check("listOperators", other)
    console.check("revokeOperator " + other, r'"code":1,')


def script_mode(console):
    console.check_alone(["getBlockNumber"], r"^\d+$")
    address = console.check_alone(["deploy", "HelloWorld"], r"contract address: (0x[0-9a-f]{40})").group(1)
    console.check_alone(["call", "HelloWorld", address, "set", '"another word"'], r"transaction status: 0x0")
    console.check_alone(["call", "HelloWorld", address, "get"], r"Return values:\(another word\)")
    console.check_alone(["insert into t_demo (name, item_id, item_name) values (fruit, 2, pear)"], "1 row affected")
    console.check_alone(["select * from t_demo where name = fruit"], r"\{name=fruit, item_id=2, item_name=pear\}")
    console.check_alone(["getSystemConfigByKey", "tx_count_limit"], "^900$")


def run(chain, work):
    console = Console(chain, work)
    try:
        contracts(console)
        tables(console)
        chain_state(console, chain)
        rights(console)
        chain.stop_node(0)
        console.check("getBlockNumber", r"^\d+$", "one of its two nodes is down")
        chain.start_node(0)
        console.check("getBlockNumber", r"^\d+$", "and up again")
        console.quit()
        script_mode(console)
    finally:
        console.close()


CLIENTS = [Client("console 2.9.2", needs=["java"], fetch=packages, run=run)]
