import glob
import os
import shutil
import subprocess

from framework import CONTRACTS, Client, cached, fetch, run_client


def packages(work):
    def make(folder):
        shutil.copy(os.path.join(work, "pom.xml"), folder)
        fetch(["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=jars"], folder, "the SDK's packages")
    with open(os.path.join(work, "pom.xml")) as f:
        os.symlink(os.path.join(cached("java-sdk", f.read(), make), "jars"), os.path.join(work, "jars"))


def run(chain, work, *more):
    sources = [os.path.relpath(path, work) for path in glob.glob(os.path.join(work, "src", "main", "java", "*.java"))]
    subprocess.run(["javac", "-nowarn", "-proc:none", "-encoding", "UTF-8", "-cp", "jars/*", "-d", ".", *sources], cwd=work, check=True)
    run_client(["java", "-cp", ".:jars/*", "Interop", chain.sdk, *map(str, chain.channel_ports[:2]), CONTRACTS, *more], work, chain=chain)


def run_ec(chain, work):
    run(chain, work, "ec")


NEEDS = ["java", "javac", "mvn"]
CLIENTS = [Client("java-sdk 2.10.1", needs=NEEDS, fetch=packages, run=run),
           Client("java-sdk-ec 2.10.1", needs=NEEDS, fetch=packages, run=run_ec, make_options=["-R"])]
