#!/usr/bin/env python3
"""Packs recordings of the C++ node into the form that tests read (tests/golden/README.md says what is in it).

  pack_golden.py set  DIRECTORY OUT.pack            a chain: nodes/, raw_blocks.txt, workload.json, blocks/, db/, ...
  pack_golden.py wire OUT.pack DIRECTORY[:FROM-TO[:NODES]] ...
                                                    frames of one or more runs; FROM-TO in seconds after the first frame,
                                                    NODES a comma list of recording nodes
  pack_golden.py pairs FILE.json OUT.pack           request/response pairs
  pack_golden.py files OUT.pack FILE ...            files as they are
  pack_golden.py all  RECORDINGS tests/golden       everything, from the unpacked recordings
  pack_golden.py show FILE.pack [KIND]              prints the records, one a line

A pack is an xz file. Inside it stands one RLP list a record; the first item is the kind, numbers are RLP integers.
"""
import json
import lzma
import pathlib
import sys

PACK_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 32 << 20}]


# --- RLP ---

def header(base, size):
    if size < 56:
        return bytes([base + size])
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([base + 55 + len(length)]) + length


def rlp(value):
    if isinstance(value, (list, tuple)):
        payload = b"".join(rlp(item) for item in value)
        return header(0xC0, len(payload)) + payload
    if isinstance(value, int):
        value = value.to_bytes((value.bit_length() + 7) // 8, "big")
    elif isinstance(value, str):
        value = value.encode()
    if len(value) == 1 and value[0] < 0x80:
        return value
    return header(0x80, len(value)) + value


def unrlp(data, at=0):
    """The item at `at` and the offset behind it."""
    first = data[at]
    if first < 0x80:
        return data[at:at + 1], at + 1
    base = 0xC0 if first >= 0xC0 else 0x80
    size, start = first - base, at + 1
    if size > 55:
        size, start = int.from_bytes(data[start:start + size - 55], "big"), start + size - 55
    end = start + size
    if base == 0x80:
        return data[start:end], end
    items, at = [], start
    while at < end:
        item, at = unrlp(data, at)
        items.append(item)
    return items, end


# --- helpers ---

class Pack:
    def __init__(self):
        self.data = bytearray()
        self.count = 0

    def add(self, *record):
        self.data += rlp(record)
        self.count += 1

    def write(self, path):
        packed = lzma.compress(bytes(self.data), lzma.FORMAT_XZ, lzma.CHECK_CRC64, filters=PACK_FILTERS)
        pathlib.Path(path).write_bytes(packed)
        print(f"{path}: {self.count} records, {len(self.data)} bytes, packed {len(packed)}")


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def unhex(text):
    return bytes.fromhex(text[2:] if text.startswith("0x") else text)


def number(text):
    return int(text, 16) if isinstance(text, str) else text


def stored_value(text):
    """db/*.json writes what is not printable UTF-8 as hex:..."""
    return bytes.fromhex(text[4:]) if text.startswith("hex:") else text.encode()


def add_files(pack, root):
    """Configuration, node keys, certificates: small, and what a test of a whole node starts from."""
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        pack.add("file", str(path.relative_to(root)), path.read_bytes())


# --- chains ---

def proof_items(proof):
    return [[[unhex(x) for x in level["left"]], [unhex(x) for x in level["right"]]] for level in proof]


def add_block(pack, blocks, line):
    height, block_hash, raw = line.split()
    pack.add("block", int(height), unhex(block_hash), unhex(raw))
    path = blocks / f"{int(height):05}.json"
    data = json.loads(path.read_text()) if path.exists() else {}
    transactions = data.get("block", {}).get("transactions", [])
    for i, (tx, receipt) in enumerate(zip(transactions, data.get("receipts", []))):
        assert tx["hash"] == receipt["transactionHash"] and number(tx["transactionIndex"]) == i
        pack.add("transaction", int(height), i, unhex(tx["hash"]), unhex(tx["from"]), number(receipt["status"]),
                 number(receipt["gasUsed"]), unhex(receipt["contractAddress"]), unhex(receipt["output"]), receipt["statusMsg"])
    for kind, key, inner in (("transaction-proof", "txProofs", "txProof"), ("receipt-proof", "receiptProofs", "receiptProof")):
        for i, proof in enumerate(data.get(key, [])):
            if inner in proof:
                pack.add(kind, int(height), i, proof_items(proof[inner]))


def add_workload(pack, workload):
    for account in workload["accounts"]:
        pack.add("account", unhex(account["private"]), unhex(account.get("public", "")), unhex(account["address"]))
    for name, address in sorted(workload["contracts"].items()):
        pack.add("contract", name, address)
    for record in workload["txs"]:
        landed = [record["block"], record["index"]] if "block" in record else []
        sent = record.get("raw", "")
        is_hex = sent.startswith("0x") and len(sent) % 2 == 0 and "0x" + unhex(sent).hex() == sent
        pack.add("submission", record["label"], [unhex(sent)] if is_hex else sent, unhex(record.get("signingHash") or "0x"), landed, compact(record["response"]))


def pack_set(directory, out):
    root, pack = pathlib.Path(directory), Pack()
    pack.add("set", root.name)
    add_files(pack, root / "nodes")
    for line in (root / "raw_blocks.txt").read_text().splitlines():
        add_block(pack, root / "blocks", line)
    add_workload(pack, json.loads((root / "workload.json").read_text()))
    for path in sorted((root / "db").glob("*.json")):
        for key, rows in json.loads(path.read_text()).items():
            for row in rows:
                flat = [part for column, value in row.items() for part in (column, stored_value(value))]
                pack.add("row", path.stem, stored_value(key), flat)
    code = root / "code.json"
    for address, text in (json.loads(code.read_text()) if code.exists() else {}).items():
        pack.add("code", address, unhex(text["result"] if isinstance(text, dict) else text))
    if (root / "status.json").exists():
        for method, answer in json.loads((root / "status.json").read_text()).items():
            pack.add("answer", method, compact(answer))
    pack.write(out)


# --- wire ---

def add_run(pack, root, start_s, end_s, recorders):
    nodes = json.loads((root / "nodes.json").read_text())["nodes"]
    ids = {node["nodeID"]: node["node"] for node in nodes}
    pack.add("run", root.name)
    for node in nodes:
        index = node.get("sealer_index")
        pack.add("node", node["node"], unhex(node["nodeID"]), unhex(node["private_key"]), [] if index is None else [index])
    for file in ("config.ini", "group.1.genesis", "group.1.ini"):
        if (root / "conf/node0" / file).exists():
            pack.add("file", f"conf/{file}", (root / "conf/node0" / file).read_bytes())
    frames = []
    for path in root.glob("node*.jsonl"):
        recorder = int(path.stem[4:])
        for line in path.read_text().splitlines():
            frames.append((recorder, json.loads(line)))
    zero = min(frame["t_ms"] for _, frame in frames)
    frames = [(r, f) for r, f in frames if start_s * 1000 <= f["t_ms"] - zero < end_s * 1000 and (not recorders or r in recorders)]
    frames.sort(key=lambda item: item[1]["t_ms"])
    for phase in json.loads((root / "phases.json").read_text()):
        if "phase" in phase:
            pack.add("phase", max(phase["t_ms"] - zero, 0), phase["phase"])
    for tx in json.loads((root / "txs.json").read_text()):
        pack.add("tx", tx.get("label", ""), unhex(tx["raw"]), unhex(tx["hash"]))
    for recorder, frame in frames:
        peer = frame["peer"]
        pack.add("frame", frame["t_ms"] - zero, recorder, frame["dir"], frame["layer"],
                 ids[peer] if peer in ids else peer, unhex(frame["hex"]))
    client = root / "client.jsonl"
    for line in client.read_text().splitlines() if client.exists() else []:
        event = json.loads(line)
        if "hex" in event:
            pack.add("client", max(event["t_ms"] - zero, 0), event["conn"], event["dir"], event.get("label", ""), unhex(event["hex"]))


def pack_wire(out, *sources):
    pack = Pack()
    for source in sources:
        directory, _, rest = source.partition(":")
        span, _, recorders = rest.partition(":")
        start, _, end = (span or "0-1000000").partition("-")
        add_run(pack, pathlib.Path(directory), float(start), float(end), [int(r) for r in recorders.split(",") if r])
    pack.write(out)


# --- the rest ---

def pack_pairs(source, out):
    pack, pairs = Pack(), json.loads(pathlib.Path(source).read_text())
    for pair in pairs["pairs"] if isinstance(pairs, dict) else pairs:
        pack.add("pair", pair["note"], pair["request"], pair["status"], compact(pair["headers"]), pair["response"])
    pack.write(out)


def pack_files(out, *sources):
    pack = Pack()
    for source in sources:
        pack.add("file", pathlib.Path(source).name, pathlib.Path(source).read_bytes())
    pack.write(out)


SETS = ["ecdsa1", "ecdsa4", "short1_patched", "charge1", "rpbft4", "mpt1", "free1", "v200", "v240", "v290", "gm1", "gm4"]
RUNS = ["p2p-ecdsa-4", "p2p-ecdsa-4-sync300", "rpbft-4", "raft-3", "gm-4", "channel-rsa", "channel-rsa-python-sdk",
        "channel-rsa-nodejs-sdk", "channel-ec-python-sdk", "channel-ec-nodejs-sdk"]


def pack_all(recordings, out):
    source, target = pathlib.Path(recordings), pathlib.Path(out)
    for name in SETS:
        pack_set(source / name, target / f"{name}.pack")
    for name in RUNS:
        pack_wire(target / f"wire-{name}.pack", str(source / "wire" / name))
    variants = sorted(path for path in (source / "wire/p2p-variants").iterdir() if path.is_dir())
    for path in variants:
        pack_wire(target / f"wire-{path.name}.pack", str(path))
    for path in sorted(source.glob("rpc_pairs_*.json")):
        pack_pairs(path, target / f"{path.stem}.pack")
    pack_files(target / "contracts.pack", *(source / name for name in ("contracts.json", "crypto_vectors.json")))


def printable(item):
    if isinstance(item, list):
        return "[" + " ".join(printable(x) for x in item) + "]"
    text = item.decode("latin-1")
    return text if text and all(" " <= c <= "~" for c in text) else "0x" + item.hex()


def show(source, kind=None):
    data, at = lzma.decompress(pathlib.Path(source).read_bytes()), 0
    while at < len(data):
        record, at = unrlp(data, at)
        if kind is None or record[0].decode() == kind:
            print(printable(record)[1:-1])


COMMANDS = {"set": pack_set, "wire": pack_wire, "pairs": pack_pairs, "files": pack_files, "all": pack_all, "show": show}

if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    COMMANDS[sys.argv[1]](*sys.argv[2:])
