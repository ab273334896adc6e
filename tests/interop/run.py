#!/usr/bin/env python3
"""Clients that were written for other nodes against a real chain of four hanse nodes: `make interop`.

Each folder here that has a client.py is a client, or several (framework.py tells how to add one). One is skipped, with a word
why, when its tools are not installed or its packages cannot be fetched within INTEROP_FETCH_SECONDS. Arguments: names, or none for all.
The last line is "N passed, N failed, N skipped"; exit status 0 unless something failed."""

import glob
import importlib.util
import os
import sys
import time

from framework import HERE, Skip


def clients():
    for path in sorted(glob.glob(os.path.join(HERE, "*", "client.py"))):
        folder = os.path.dirname(path)
        spec = importlib.util.spec_from_file_location("client_" + os.path.basename(folder).replace("-", "_"), path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for client in module.CLIENTS:
            client.folder = client.folder or folder
            yield client


def main():
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    wanted = set(sys.argv[1:])
    everything = list(clients())
    unknown = wanted - {client.name.split()[0] for client in everything}
    if unknown:
        sys.exit("no client is called %s; there are: %s" % (", ".join(unknown), ", ".join(client.name for client in everything)))
    for client in everything:
        if wanted and client.name.split()[0] not in wanted:
            continue
        print("== %s" % client.name, flush=True)
        began = time.monotonic()
        try:
            client.test()
            result = "passed"
        except Skip as reason:
            result = "skipped"
            print("skipped %s: %s" % (client.name, reason), flush=True)
        except Exception as failure:  # whatever it is: the other clients run all the same
            result = "failed"
            print("FAILED %s: %s" % (client.name, failure), flush=True)
        counts[result] += 1
        print("== %s %s, %.0f s" % (client.name, result, time.monotonic() - began), flush=True)
    print("%(passed)d passed, %(failed)d failed, %(skipped)d skipped" % counts)
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
