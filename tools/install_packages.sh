#!/bin/sh
# Installs the Debian packages of packages.txt that are missing; asks for sudo when not root. Does nothing when all are there.
set -e
here=$(dirname "$0")
missing=
for package in $(cat "$here/packages.txt"); do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
echo "installing:$missing"
root=
[ "$(id -u)" -eq 0 ] || root=sudo
$root apt-get update -qq
$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing >/dev/null
