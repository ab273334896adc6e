import os
import subprocess

from framework import CONTRACTS, Client, Skip, checkout, run_client


def python():
    """The interpreter that has the SDK's packages: a virtual environment in the checkout, or INTEROP_PYTHON."""
    place = os.environ.get("INTEROP_PYTHON") or os.path.join(checkout("python-sdk"), ".venv", "bin", "python")
    if not os.path.exists(place):
        raise Skip("there is no %s: make one and install the SDK's requirements.txt into it, or set INTEROP_PYTHON" % place)
    return place


def packages(work):
    checkout("python-sdk")
    done = subprocess.run([python(), "-c", "import ecdsa, pymitter, promise, cytoolz, Crypto, lru"], capture_output=True, text=True)
    if done.returncode != 0:
        raise Skip("%s lacks packages of the SDK's requirements.txt: %s" % (python(), done.stderr.strip().splitlines()[-1]))


def run(chain, work):
    run_client([python(), "-W", "ignore", "interop.py", checkout("python-sdk"), chain.sdk, str(chain.channel_ports[0]),
                str(chain.rpc_ports[0]), CONTRACTS], work, chain=chain, seconds=240)


CLIENTS = [Client("python-sdk (checkout)", fetch=packages, run=run),
           Client("python-sdk-ec (checkout)", fetch=packages, run=run, make_options=["-R"])]
