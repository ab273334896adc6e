// Deploys a Probe with one event and prints its address. Arguments: URL, and --raw to print the signed deployment instead.
const { ContractFactory, Interface, JsonRpcProvider } = require('ethers');
const { Account } = require('./fisco.js');
const { abi, bytecode } = require('./Probe.json');

async function main() {
  const provider = new JsonRpcProvider(process.argv[2]);
  const rpc = (method, params) => provider.send(method, params);
  const account = new Account();
  const { data } = await new ContractFactory(abi, bytecode).getDeployTransaction('first');
  if (process.argv[3] === '--raw') {
    console.log(account.sign({ data, blockLimit: (await provider.getBlockNumber()) + 500 }));
  } else {
    const { contractAddress: to } = await account.send(rpc, { data });
    await account.send(rpc, { to, data: new Interface(abi).encodeFunctionData('store', [7, 'seven']) });
    console.log(to);
  }
  provider.destroy();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
