// ethers 6 over HTTP and WebSocket. Arguments: HTTP URL, WebSocket URL ("-": none), address of a HelloWorld, its ABI's file.
const assert = require('assert');
const fs = require('fs');
const { Contract, ContractFactory, Interface, JsonRpcProvider, WebSocketProvider, getAddress, keccak256, toUtf8Bytes } = require('ethers');
const { Account } = require('./fisco.js');
const probe = require('./Probe.json');

const [url, socketUrl, helloAddress, helloAbi] = process.argv.slice(2);
const ok = (what) => console.log(`ok ${what}`);
const within = (promise, what) =>
  Promise.race([promise, new Promise((_, fail) => setTimeout(() => fail(new Error(`no ${what}`)), 20000))]);

async function reading(provider) {
  const network = await provider.getNetwork();
  assert.strictEqual(network.chainId, 1n);
  ok('network');
  const number = await provider.getBlockNumber();
  assert(number > 0);
  const block = await provider.getBlock(number, true);
  assert.strictEqual(block.number, number);
  assert.strictEqual(block.transactions.length, 1);
  assert(Math.abs(block.timestamp - Date.now() / 1000) < 600);
  assert.strictEqual(block.baseFeePerGas, null);
  assert.strictEqual((await provider.getBlock(block.hash)).hash, block.hash);
  assert.strictEqual((await provider.getBlock(block.parentHash)).number, number - 1);
  assert.strictEqual(await provider.getBlock(number + 1000), null);
  ok('blocks');
  const [transaction] = block.prefetchedTransactions;
  const same = await provider.getTransaction(transaction.hash);
  assert.strictEqual(same.blockHash, block.hash);
  assert.strictEqual(same.from, transaction.from);
  assert.strictEqual(same.chainId, 1n);
  ok('transactions');
  const fees = await provider.getFeeData();
  assert.strictEqual(fees.gasPrice, 0n);
  assert.strictEqual(fees.maxFeePerGas, null);
  assert.strictEqual(await provider.getBalance(transaction.from), 0n);
  assert(Number.isInteger(await provider.getTransactionCount(transaction.from)));
  ok('fees, balance, nonce');
  const hello = new Contract(helloAddress, JSON.parse(fs.readFileSync(helloAbi, 'utf8')), provider);
  assert.strictEqual(await hello.get(), 'Hello, World!');
  assert((await provider.getCode(helloAddress)).length > 100);
  assert.strictEqual(await provider.getCode('0x0000000000000000000000000000000000001234'), '0x');
  assert.strictEqual(BigInt(await provider.getStorage(helloAddress, 1)), 0n);
  ok('a view of a contract that hanse tx deployed');
  await assert.rejects(provider.getBalance(helloAddress, 0), /keeps no state of other blocks/);
  ok('old state is refused clearly');
}

async function deploy(provider, account) {
  const { data } = await new ContractFactory(probe.abi, probe.bytecode).getDeployTransaction('first');
  const { contractAddress } = await account.send((method, params) => provider.send(method, params), { data });
  assert(contractAddress);
  const receipts = await provider.send('eth_getBlockReceipts', ['latest']);
  assert.strictEqual(receipts[0].contractAddress, contractAddress);
  return new Contract(contractAddress, probe.abi, provider);
}

async function writing(provider, account, contract) {
  const rpc = (method, params) => provider.send(method, params);
  const data = contract.interface.encodeFunctionData('store', [7, 'seven']);
  const gas = await contract.store.estimateGas(7, 'seven', { from: account.address });
  const { transactionHash } = await account.send(rpc, { to: contract.target, data });
  const receipt = await provider.waitForTransaction(transactionHash);
  assert.strictEqual(receipt.status, 1);
  assert.strictEqual(receipt.gasUsed, gas);
  assert.strictEqual(receipt.from, account.address);
  assert.strictEqual(receipt.to, getAddress(contract.target));
  const event = contract.interface.parseLog(receipt.logs[0]);
  assert.deepStrictEqual([event.name, ...event.args], ['Stored', account.address, 7n, 'seven']);
  assert.deepStrictEqual([...(await contract.get(7))], ['seven', 1n]);
  assert.strictEqual(BigInt(await provider.getStorage(contract.target, 1)), 1n);
  ok('a transaction signed with its tools, receipt, event, estimated gas');
  const transaction = await provider.getTransaction(transactionHash);
  assert.strictEqual(transaction.data, data);
  assert.strictEqual((await transaction.getBlock()).number, receipt.blockNumber);
  ok('the transaction again');
  const failing = contract.interface.encodeFunctionData('mustBeSmall', [99]);
  const failed = await account.send(rpc, { to: contract.target, data: failing });
  assert.strictEqual((await provider.getTransactionReceipt(failed.transactionHash)).status, 0);
  ok('a receipt of a failure');
}

async function logs(provider, account, contract) {
  const rpc = (method, params) => provider.send(method, params);
  const store = (key, text) => account.send(rpc, { to: contract.target, data: contract.interface.encodeFunctionData('store', [key, text]) });
  await store(8, 'eight');
  await store(9, 'nine');
  const all = await contract.queryFilter('Stored', 0);
  assert.deepStrictEqual(all.map((log) => log.args.text), ['seven', 'eight', 'nine']);
  const eights = await contract.queryFilter(contract.filters.Stored(account.address, [8, 10]), 0, 'latest');
  assert.deepStrictEqual(eights.map((log) => log.args.key), [8n]);
  const inBlock = await provider.getLogs({ blockHash: eights[0].blockHash });
  assert.strictEqual(inBlock.length, 1);
  assert.deepStrictEqual(await provider.getLogs({ address: helloAddress, topics: [keccak256(toUtf8Bytes('no'))], fromBlock: 0 }), []);
  ok('logs by contract, topics, block');
}

async function failures(provider, contract) {
  assert.strictEqual(await contract.mustBeSmall(4), 8n);
  await assert.rejects(contract.mustBeSmall(99), (error) => error.code === 'CALL_EXCEPTION' && error.reason === 'too large');
  await assert.rejects(contract.mustBeSmall(5), (error) => error.revert.name === 'Refused' && error.revert.args[1] === 5n);
  await assert.rejects(contract.divide(1, 0), (error) => error.code === 'CALL_EXCEPTION' && error.reason.includes('DIVIDE_BY_ZERO'));
  await assert.rejects(contract.mustBeSmall.estimateGas(99), (error) => error.reason === 'too large');
  ok('reverts: reason, custom error, panic');
  await assert.rejects(provider.broadcastTransaction('0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a7640000' +
    '8025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83'),
    /FISCO BCOS SDK/);
  ok('a transaction signed for Ethereum is refused with advice');
}

async function pushes(account, contract) {
  const socket = new WebSocketProvider(socketUrl);
  const over = new Contract(contract.target, new Interface(probe.abi), socket);
  assert.strictEqual((await socket.getNetwork()).chainId, 1n);
  let seen;
  const heads = [];
  const events = new Promise((done) => (seen = done));
  await socket.on('block', (number) => heads.push(number));
  const stored = [];
  await over.on('Stored', (by, key, text) => {
    stored.push(text);
    if (stored.length === 3) seen();
  });
  await socket.send('eth_chainId', []); // the subscriptions stand
  for (const text of ['a', 'b', 'c'])
    await account.send((method, params) => socket.send(method, params),
                       { to: contract.target, data: contract.interface.encodeFunctionData('store', [1, text]) });
  await within(events, 'events');
  assert.deepStrictEqual(stored, ['a', 'b', 'c']);
  await within((async () => {
    while (heads.length < 3) await new Promise((done) => setTimeout(done, 20));
  })(), 'new heads');
  for (let i = 1; i < heads.length; i++) assert.strictEqual(heads[i], heads[i - 1] + 1);
  ok('newHeads and logs over WebSocket');
  await over.removeAllListeners();
  await socket.removeAllListeners();
  await new Promise((done) => setTimeout(done, 300)); // ethers does not wait for the answers to eth_unsubscribe
  await socket.destroy();
}

async function main() {
  const provider = new JsonRpcProvider(url, undefined, { cacheTimeout: -1 });
  const account = new Account();
  await reading(provider);
  const contract = await deploy(provider, account);
  await writing(provider, account, contract);
  await logs(provider, account, contract);
  await failures(provider, contract);
  if (socketUrl !== '-') await pushes(account, contract);
  provider.destroy();
  console.log('all done');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
