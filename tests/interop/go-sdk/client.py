import subprocess

from framework import CONTRACTS, RUN_SECONDS, Client, fetch, run_client


def packages(work):
    fetch(["go", "mod", "download"], work, "the SDK's modules")  # Go keeps them itself
    subprocess.run(["go", "build", "-o", "interop", "."], cwd=work, check=True, timeout=RUN_SECONDS)


def run(chain, work):
    run_client(["./interop", chain.sdk, *map(str, chain.channel_ports[:2]), CONTRACTS], work, chain=chain)


CLIENTS = [Client("go-sdk 1.0.0", needs=["go"], fetch=packages, run=run),
           Client("go-sdk-ec 1.0.0", needs=["go"], fetch=packages, run=run, make_options=["-R"])]
