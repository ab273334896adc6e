#!/bin/bash
# What `make up` does after building: starts a chain of four nodes, deploys a contract, uses it, shows that the nodes agree.
set -e
hanse=$(pwd)/build/release/hanse
nodes=${DIR:-nodes}
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

say "Starting four nodes"
"$hanse" chain up -o "$nodes"
port=$(sed -n 's/^ *jsonrpc_listen_port=//p' "$nodes"/127.0.0.1/node0/config.ini)
key=$(ls "$nodes"/accounts/0x*.pem 2>/dev/null | grep -v public | head -n 1 || true)
if [ -z "$key" ]; then
    say "A key to sign transactions with"
    "$hanse" account new -o "$nodes/accounts"
    key=$(ls "$nodes"/accounts/0x*.pem | grep -v public | head -n 1)
fi
contract=contracts/build/HelloWorld

say "Deploying contracts/HelloWorld.sol"
"$hanse" tx deploy --rpc 127.0.0.1:"$port" --abi $contract.abi --bin $contract.bin --key "$key" | tee "$nodes/deploy.log"
address=$(awk '/^contract/ { print $2 }' "$nodes/deploy.log")

say "get, set(\"The Hanse keeps one set of books\"), get"
"$hanse" tx call --rpc 127.0.0.1:"$port" --abi $contract.abi --to "$address" get
"$hanse" tx send --rpc 127.0.0.1:"$port" --abi $contract.abi --to "$address" --key "$key" set "The Hanse keeps one set of books"
"$hanse" tx call --rpc 127.0.0.1:"$port" --abi $contract.abi --to "$address" get

say "The four nodes hold the same block and the same state"
"$hanse" chain up -o "$nodes"
cat <<END

The chain goes on running. Stop it with      make down
Look at it with                              make status
Try next: $hanse tx call --abi $contract.abi --to $address changes
          curl -d '{"jsonrpc":"2.0","method":"getBlockByNumber","params":[1,"0x1",true],"id":1}' http://127.0.0.1:$port
          kill a node (kill -9), send another transaction, start it again with $hanse chain up -o $nodes
END
