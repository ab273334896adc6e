#!/usr/bin/env python3
"""What a node costs and how fast a chain is, measured on real processes; prints a table. Needs no other software.

    HANSE=build/release/hanse bench/bench_node.py [--quick]

Four nodes run on this machine and share its cores with the client."""

import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "e2e"))
import support  # noqa: E402

QUICK = "--quick" in sys.argv
STARTS, IDLE_S, SINGLES, TXS, CONNECTIONS = (5, 5, 10, 3000, 64) if QUICK else (20, 30, 100, 15000, 64)


def median(values):
    return sorted(values)[len(values) // 2]


def cpu_seconds(node):
    with open("/proc/%d/stat" % node.process.pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def disk_bytes(path):
    """The size of the files; what RocksDB has set aside beyond their end is not counted."""
    total = 0
    for folder, _, files in os.walk(path):
        for name in files:
            total += os.stat(os.path.join(folder, name)).st_size
    return total


def launch_times(node):
    """Seconds from launch to the first answer of JSON-RPC, a data directory being there."""
    times = []
    for _ in range(STARTS):
        began = time.perf_counter()
        node.start()
        while True:
            try:
                rpc = node.connect(timeout=2)
                rpc.call("getClientVersion")
                rpc.close()
                break
            except support.Silent:
                time.sleep(0.001)
        times.append(time.perf_counter() - began)
        node.stop()
    return times


def hanse_bench(chain, nodes, *options):
    return support.run_hanse("bench", "--rpc", ",".join("127.0.0.1:%d" % node.rpc_port for node in nodes), "--abi", support.CONTRACT + ".abi",
                             "--key", chain.key_file, "--to", "0x" + chain.contract.hex(), *options, "set", "hello", timeout=600).stdout


def main():
    rows = []

    def row(name, value, target=""):
        rows.append((name, value, target))
        print("%-58s %14s  %s" % rows[-1], flush=True)
    row("what", "measured", "target")
    lone = support.Chain(1)
    lone.nodes[0].start().wait_answers()
    lone.nodes[0].stop()
    times = launch_times(lone.nodes[0])
    row("launch to first RPC answer, median of %d" % STARTS, "%.3f s" % median(times), "< 0.2 s")
    row("launch to first RPC answer, slowest", "%.3f s" % max(times))
    lone.destroy()

    chain = support.Chain(4).start()
    time.sleep(1)
    row("RSS of a fresh node of four", "%.1f MB" % (max(node.memory_kb() for node in chain.nodes) / 1024), "< 25 MB")
    before = [cpu_seconds(node) for node in chain.nodes]
    time.sleep(IDLE_S)
    used = [100 * (cpu_seconds(node) - b) / IDLE_S for node, b in zip(chain.nodes, before)]
    row("CPU of an idle node over %d s, the busiest of four" % IDLE_S, "%.2f %%" % max(used), "< 0.5 %")

    chain.deploy()
    out = hanse_bench(chain, chain.nodes[:1], "--single", str(SINGLES))
    row("one transaction to its receipt, median of %d" % SINGLES, "%s ms" % re.search(r"median ([\d.]+)", out).group(1), "< 20 ms")
    row("one transaction to its receipt, 90 %", "%s ms" % re.search(r"90 % ([\d.]+)", out).group(1))

    disk = disk_bytes(chain.nodes[0].path("hanse-data"))
    sizes = ["--txs", str(TXS), "--connections", str(CONNECTIONS)]
    out = hanse_bench(chain, chain.nodes[:1], *sizes)
    row("%d transactions, %d connections to one node" % (TXS, CONNECTIONS), "%s TPS" % re.search(r"TPS +(\d+)", out).group(1))
    out = hanse_bench(chain, chain.nodes, *sizes)
    row("%d transactions, %d connections to four nodes" % (TXS, CONNECTIONS), "%s TPS" % re.search(r"TPS +(\d+)", out).group(1))
    chain.wait_agreed()
    row("RSS after that load, the largest of four", "%.1f MB" % (max(node.memory_kb() for node in chain.nodes) / 1024))
    row("highest RSS under that load", "%.1f MB" % (max(node.memory_kb("VmHWM") for node in chain.nodes) / 1024))
    for node in chain.nodes:
        node.stop()
    row("bytes on disk for each transaction", "%.0f B" % ((disk_bytes(chain.nodes[0].path("hanse-data")) - disk) / (2 * TXS)))
    chain.destroy()


if __name__ == "__main__":
    main()
