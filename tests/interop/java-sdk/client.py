import os
import shutil
import subprocess

from framework import CONTRACTS, Client, cached, fetch, run_client


def packages(work):
    """classpath.txt"""
    def make(folder):
        shutil.copy(os.path.join(work, "pom.xml"), folder)
        fetch(["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=jars"], folder, "the SDK's packages")
    with open(os.path.join(work, "pom.xml")) as f:
        os.symlink(os.path.join(cached("java-sdk", f.read(), make), "jars"), os.path.join(work, "jars"))


def run(chain, work):
    subprocess.run(["javac", "-nowarn", "-proc:none", "-cp", "jars/*", "-d", ".", "src/main/java/Interop.java"], cwd=work, check=True)
    run_client(["java", "-cp", ".:jars/*", "Interop", chain.sdk, *map(str, chain.channel_ports[:2]), CONTRACTS], work)


CLIENTS = [Client("java-sdk 2.10.1", needs=["java", "javac", "mvn"], fetch=packages, run=run)]
