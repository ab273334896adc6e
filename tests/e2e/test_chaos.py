"""A chain under load whose nodes are killed, frozen and cut off at random. Nothing that a client has seen is lost or changes, no two
nodes hold different blocks, and once all are well the chain goes on within the protocol's time-outs.

HANSE_CHAOS_SECONDS sets how long it lasts, HANSE_SEED repeats the choice of faults (their moments depend
on the machine, too)."""

import collections
import os
import selectors
import signal
import socket
import sys
import threading
import time

import support

CHAOS_S = float(os.environ.get("HANSE_CHAOS_SECONDS", "60"))
FAULT_S = (1, 5)       # of one node
DOUBLE_FAULT_S = (0.5, 2)  # of two nodes: no quorum meanwhile
CALM_S = (0.5, 3)
DOUBLE_FAULT_SHARE = 0.2
SEND_PAUSE_S = 0.1     # of each of the four clients
PENDING_PER_CLIENT = 200
# After the last fault: one redial (10 s, spec/network.md 2.1) and views of 3, 4.5, 6.75 and 10.1 s (spec/consensus.md 5.10), which is
# one view more than two failed leaders in a row ask for.
PROGRESS_S = 35
RSS_GROWTH_KB = 128 * 1024
# AddressSanitizer keeps what was freed for a while, by default up to twice the growth that is allowed here.
os.environ.setdefault("ASAN_OPTIONS", "quarantine_size_mb=16")
NODES = 4
ALL_KINDS_S = 45        # so long a run plays every kind of fault at least once
SETTLE_S = 0.1


class Link:
    """The P2P connections that one node dials to another pass through here. Threads: Network's alone, but for the flags."""

    def __init__(self, dialler, target, target_port, listener):
        self.dialler, self.target, self.target_port, self.listener = dialler, target, target_port, listener
        self.pairs = []


class Network:
    """Every node dials the others through a port of this proxy, so that each direction of each link can be broken.

    stall: bytes stay where they are and go on when the link is whole again, as TCP does when packets are dropped;
    sever: connections are closed, and new ones at once."""
    CHUNK_BYTES = 64 * 1024
    MAX_HELD_BYTES = 256 * 1024  # then the sender is not read any more and its own limits apply
    TICK_S = 0.02

    def __init__(self, chain):
        self._stalled, self._severed, self._lock = set(), set(), threading.Lock()
        self._links, self._bytes = [], 0
        self._carried, self._severed_pairs = collections.Counter(), 0  # by (from, to)
        for i, node in enumerate(chain.nodes):
            others = [j for j in range(len(chain.nodes)) if j != i]
            for k, j in enumerate(others):
                listener = socket.create_server(("127.0.0.1", support.take_ports(1)))
                listener.setblocking(False)
                self._links.append(Link(i, j, chain.nodes[j].p2p_port, listener))
                node.set("config.ini", "p2p", "node.%d" % k, "127.0.0.1:%d" % listener.getsockname()[1])
            self._forget_own_entry(node, len(others))
        self._thread = support.Background(self._run)

    @staticmethod
    def _forget_own_entry(node, index):
        with open(node.path("config.ini")) as f:
            lines = [line for line in f.read().split("\n") if not line.strip().startswith("node.%d=" % index)]
        with open(node.path("config.ini"), "w") as f:
            f.write("\n".join(lines))

    def start(self):
        self._thread.start()
        return self

    def stop(self):
        self._thread.join_result()

    def stall(self, node, direction):
        """direction: "both", "to" the node or "from" it."""
        with self._lock:
            for other in range(NODES):
                if other != node and direction in ("both", "to"):
                    self._stalled.add((other, node))
                if other != node and direction in ("both", "from"):
                    self._stalled.add((node, other))

    def sever(self, node):
        with self._lock:
            self._severed.add(node)

    def heal(self, node):
        with self._lock:
            self._stalled = {way for way in self._stalled if node not in way}
            self._severed.discard(node)

    def carried_bytes(self):
        return self._bytes

    def carried_over(self, ways):
        with self._lock:
            return sum(self._carried[way] for way in ways)

    def stalled_ways(self, node):
        with self._lock:
            return {way for way in self._stalled if node in way}

    def severed_pairs(self):
        with self._lock:
            return self._severed_pairs

    # The thread.

    def _run(self, stopping):
        try:
            while not stopping.is_set():
                with self._lock:
                    stalled, severed = set(self._stalled), set(self._severed)
                self._turn(stalled, severed)
        finally:
            for link in self._links:
                link.listener.close()
                for pair in link.pairs:
                    self._close(pair)

    def _turn(self, stalled, severed):
        with selectors.DefaultSelector() as selector:
            for link in self._links:
                cut = link.dialler in severed or link.target in severed
                if cut:
                    for pair in link.pairs:
                        self._close(pair)
                    with self._lock:
                        self._severed_pairs += len(link.pairs)
                    link.pairs = []
                if cut or not {(link.dialler, link.target), (link.target, link.dialler)} & stalled:
                    selector.register(link.listener, selectors.EVENT_READ, lambda mask, link=link, cut=cut: self._accept(link, cut))
                for pair in link.pairs:
                    self._watch(selector, link, pair, stalled)
            for key, mask in selector.select(self.TICK_S):
                key.data(mask)
            for link in self._links:
                link.pairs = [pair for pair in link.pairs if pair[0].fileno() >= 0]

    def _accept(self, link, cut):
        try:
            near, _ = link.listener.accept()
        except OSError:
            return
        try:
            if cut:
                raise ConnectionError
            far = socket.create_connection(("127.0.0.1", link.target_port), timeout=1)
        except OSError:  # the target is down: so would the dialler have been refused
            near.close()
            return
        for end in (near, far):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link.pairs.append((near, far, bytearray(), bytearray()))  # bytes held on the way to far, and to near

    def _watch(self, selector, link, pair, stalled):
        near, far, to_far, to_near = pair
        there = (link.dialler, link.target) not in stalled
        back = (link.target, link.dialler) not in stalled
        ways = (link.dialler, link.target), (link.target, link.dialler)
        for end, reads, held_in, writes, held_out, way_in, way_out in (
                (near, there, to_far, back, to_near, *ways), (far, back, to_near, there, to_far, *reversed(ways))):
            wanted = selectors.EVENT_READ if reads and len(held_in) < self.MAX_HELD_BYTES else 0
            wanted |= selectors.EVENT_WRITE if writes and held_out else 0
            if wanted:
                selector.register(end, wanted, lambda mask, end=end, held_in=held_in, held_out=held_out, way_in=way_in,
                                  way_out=way_out: self._move(end, mask, held_in, held_out, pair, way_in, way_out))

    def _move(self, end, mask, held_in, held_out, pair, way_in, way_out):
        if end.fileno() < 0:
            return
        try:
            if mask & selectors.EVENT_READ:
                data = end.recv(self.CHUNK_BYTES)
                if not data:
                    raise ConnectionError
                held_in += data
                other = pair[1] if end is pair[0] else pair[0]
                self._flush(other, held_in, way_in)  # most often it goes through at once
            if mask & selectors.EVENT_WRITE:
                self._flush(end, held_out, way_out)
        except BlockingIOError:
            pass
        except OSError:
            self._close(pair)

    def _flush(self, end, held, way):
        if held:
            sent = end.send(held)
            with self._lock:
                self._bytes += sent
                self._carried[way] += sent
            del held[:sent]

    @staticmethod
    def _close(pair):
        for end in pair[:2]:
            end.close()


class Client(support.Background):
    """Sends through one node, asks the same node for receipts, and remembers each answer."""

    def __init__(self, chain, node):
        super().__init__(self._load)
        self._chain, self._node, self._waiting = chain, node, []
        self.receipts, self.sent, self.height = {}, 0, 0

    def _load(self, stopping):
        rpc = self._node.connect(timeout=2)
        while not stopping.is_set():
            try:
                self._step(rpc)
            except (support.Silent, support.RpcError):
                pass  # killed, frozen, not yet up again or far behind
            stopping.wait(SEND_PAUSE_S)
        rpc.close()

    def _step(self, rpc):
        self.height = max(self.height, rpc.height())
        raw, tx_hash = self._chain.sign_set("%s %d" % (self._node.name, self.sent), self.height)
        self._waiting = self._waiting[-PENDING_PER_CLIENT:] + [tx_hash]  # also when the answer does not arrive
        rpc.send(raw)
        self.sent += 1
        for waiting in self._waiting[:5] + self._waiting[-5:]:
            receipt = rpc.receipt(waiting)
            if receipt:
                self.receipts[waiting] = receipt
        self._waiting = [one for one in self._waiting if one not in self.receipts]


class Chaos(support.ChainTest):
    def test_random_faults_under_load(self):
        print("HANSE_SEED=%d HANSE_CHAOS_SECONDS=%g" % (support.SEED, CHAOS_S), file=sys.stderr, flush=True)
        chain = self.chain(NODES, group_settings=[("consensus", "min_block_generation_time", "100")])
        self.network = Network(chain).start()
        self.addCleanup(self.network.stop)
        chain.start()
        chain.deploy()
        self.assertGreater(self.network.carried_bytes(), 0, "the nodes do not talk through the proxy")
        rss_start_kb = max(node.memory_kb() for node in chain.nodes)
        self.rss_max_kb = rss_start_kb
        clients = [Client(chain, node) for node in chain.nodes]
        for client in clients:
            client.start()
        faults = self._chaos(chain)
        receipts_before = sum(len(client.receipts) for client in clients)
        self._check_progress(chain, clients)
        for client in clients:
            client.join_result()
        chain.wait_agreed()
        height = self.assert_same_chain(chain.nodes)
        receipts = {tx_hash: receipt for client in clients for tx_hash, receipt in client.receipts.items()}
        self._check_receipts(chain, receipts)
        self._sample_memory(chain)
        if CHAOS_S >= ALL_KINDS_S:
            for kind in ("kill", "freeze", "cut_off", "cut_off_one_way", "sever"):
                self.assertGreater(faults[kind], 0, "%s was never played" % kind)
        print("%s; %d blocks, %d transactions sent, %d receipts (%d during the faults), RSS %d -> %d MB" % (
            ", ".join("%d %s" % (count, kind) for kind, count in sorted(faults.items())), height, sum(client.sent for client in clients), len(receipts), receipts_before, rss_start_kb >> 10,
            self.rss_max_kb >> 10), file=sys.stderr)
        self.assertLess(self.rss_max_kb, rss_start_kb + RSS_GROWTH_KB)

    # The faults.

    def _chaos(self, chain):
        kinds = [self._kill, self._freeze, self._cut_off, self._cut_off_one_way, self._sever]
        until, count, queue = time.monotonic() + CHAOS_S, collections.Counter(), []
        while time.monotonic() < until:
            two = support.RANDOM.random() < DOUBLE_FAULT_SHARE
            victims = support.RANDOM.sample(range(NODES), 2 if two else 1)
            lasts_s = support.RANDOM.uniform(*(DOUBLE_FAULT_S if two else FAULT_S))
            calm_s = support.RANDOM.uniform(*CALM_S)
            self.is_double = two
            undo, names = [], []
            for victim in victims:
                if not queue:  # each kind comes before any comes again
                    queue = support.RANDOM.sample(kinds, len(kinds))
                kind = queue.pop()
                undo.append(kind(chain, victim))
                name = kind.__name__.strip("_")
                names.append("%s node%d" % (name, victim))
                count[name] += 1
            print("  %4.1f s left: %s for %.1f s" % (until - time.monotonic(), " and ".join(names), lasts_s), file=sys.stderr)
            time.sleep(lasts_s)
            for one in undo:
                one()
            for node in chain.nodes:
                node.wait_answers()
            self._sample_memory(chain)
            time.sleep(calm_s)
        return count

    # Each begins a fault and gives what ends it, which first looks whether it was one.

    def _kill(self, chain, victim):
        node = chain.nodes[victim]
        pid = node.process.pid
        node.kill()
        def restart():
            self.assertFalse(os.path.exists("/proc/%d" % pid), "the killed node is still there")
            node.start()
        return restart

    def _freeze(self, chain, victim):
        process = chain.nodes[victim].process
        process.send_signal(signal.SIGSTOP)
        def go_on():
            with open("/proc/%d/stat" % process.pid) as f:
                self.assertEqual(f.read().rsplit(")", 1)[1].split()[0], "T", "the node is not stopped")
            process.send_signal(signal.SIGCONT)
        return go_on

    def _stall(self, victim, direction):
        self.network.stall(victim, direction)
        time.sleep(SETTLE_S)
        ways = self.network.stalled_ways(victim)
        before = self.network.carried_over(ways)
        def heal():
            self.assertEqual(self.network.carried_over(ways), before, "bytes went over links that are cut")
            self.network.heal(victim)
        return heal

    def _cut_off(self, chain, victim):
        return self._stall(victim, "both")

    def _cut_off_one_way(self, chain, victim):
        return self._stall(victim, support.RANDOM.choice(("to", "from")))

    def _sever(self, chain, victim):
        before = self.network.severed_pairs()
        self.network.sever(victim)
        def heal():
            if not self.is_double:  # else there may have been no connection left to be closed
                self.assertGreater(self.network.severed_pairs(), before, "no connection was closed")
            self.network.heal(victim)
        return heal

    # What must hold.

    def _sample_memory(self, chain):
        self.rss_max_kb = max([self.rss_max_kb] + [node.memory_kb() for node in chain.nodes])

    def _check_progress(self, chain, clients):
        """All nodes are well: a transaction sent through each is in a block soon, and every client gets receipts again."""
        began, before = time.monotonic(), [len(client.receipts) for client in clients]
        height = max(client.height for client in clients)
        waiting = []
        for node in chain.nodes:
            raw, tx_hash = chain.sign_set("%s is well" % node.name, height)
            node.rpc.send(raw)
            waiting.append((node, tx_hash))
        for node, tx_hash in waiting:
            node.rpc.wait_receipt(tx_hash, max(0.1, PROGRESS_S - (time.monotonic() - began)))
        support.wait_until(lambda: all(len(client.receipts) > n for client, n in zip(clients, before)),
                           max(0.1, PROGRESS_S - (time.monotonic() - began)), "every client gets receipts again")
        print("progress through every node %.1f s after the last fault" % (time.monotonic() - began), file=sys.stderr)

    def _check_receipts(self, chain, receipts):
        self.assertGreater(len(receipts), 10)
        for node in chain.nodes:
            for tx_hash, seen in receipts.items():
                receipt = node.rpc.receipt(tx_hash)
                self.assertIsNotNone(receipt, "%s lost %s of block %s" % (node.name, tx_hash, seen["blockNumber"]))
                self.assertEqual(receipt, seen, "%s changed %s" % (node.name, tx_hash))


if __name__ == "__main__":
    support.main()
