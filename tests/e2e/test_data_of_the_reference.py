"""A data/ directory of the C++ node stands beside hanse's own: nothing in it is opened for writing, changed or removed."""

import hashlib
import os

import support


def snapshot(path):
    seen = {}
    for folder, _, files in os.walk(path):
        seen[folder] = os.stat(folder).st_mode, os.stat(folder).st_mtime_ns
        for name in files:
            file = os.path.join(folder, name)
            info = os.stat(file)
            with open(file, "rb") as f:
                seen[file] = info.st_mode, info.st_mtime_ns, info.st_size, info.st_ino, hashlib.sha256(f.read()).hexdigest()
    return seen


class DataOfTheReference(support.ChainTest):
    def test_it_stays_as_it_is(self):
        chain = self.chain(4, group_settings=[("consensus", "min_block_generation_time", "50")])
        for node in chain.nodes:
            database = node.path("data", "group1", "block", "RocksDB")
            os.makedirs(database)
            for name, content in (("CURRENT", b"MANIFEST-000004\n"), ("LOCK", b""), ("000005.sst", os.urandom(10000)),
                                  ("000003.log", os.urandom(1000)), ("MANIFEST-000004", os.urandom(100)),
                                  ("../../.group_status", b"RUNNING")):
                with open(os.path.join(database, name), "wb") as f:
                    f.write(content)
            os.makedirs(node.path("data", "group1", "pbftMsgBackup", "RocksDB"))
        before = {node.name: snapshot(node.path("data")) for node in chain.nodes}
        chain.start()
        chain.deploy()
        for i in range(4):
            chain.send_set(chain.nodes[i].rpc, "beside %d" % i)
        chain.nodes[0].kill()
        chain.nodes[0].start()
        chain.wait_agreed()
        for node in chain.nodes:
            self.assertEqual(node.stop(), 0)
            self.assertEqual(snapshot(node.path("data")), before[node.name])


if __name__ == "__main__":
    support.main()
