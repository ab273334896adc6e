import os

from framework import CONTRACTS, Client, Skip, checkout, run_client


def packages(work):
    if not os.path.isdir(os.path.join(checkout("nodejs-sdk"), "packages", "api", "node_modules")):
        raise Skip("its packages/api has no node_modules: install it as its README says")


def run(chain, work):
    # The SDK offers secp256k1 alone, which TLS 1.3 does not know: a Node.js that speaks TLS 1.3 must be told.
    run_client(["node", "--tls-max-v1.2", "interop.js", checkout("nodejs-sdk"), chain.sdk, *map(str, chain.channel_ports[:2]), CONTRACTS],
               work, chain=chain)


CLIENTS = [Client("nodejs-sdk 1.0.0", needs=["node"], fetch=packages, run=run),
           Client("nodejs-sdk-ec 1.0.0", needs=["node"], fetch=packages, run=run, make_options=["-R"])]
