// viem 2 over HTTP and WebSocket. Arguments as of interop-ethers.js.
const assert = require('assert');
const fs = require('fs');
const { BaseError, ContractFunctionRevertedError, createPublicClient, decodeEventLog, defineChain, encodeDeployData, encodeFunctionData, http,
        webSocket } = require('viem');
const { Account } = require('./fisco.js');
const probe = require('./Probe.json');

const [url, socketUrl, helloAddress, helloAbi] = process.argv.slice(2);
const ok = (what) => console.log(`ok ${what}`);
const chain = defineChain({ id: 1, name: 'hanse', nativeCurrency: { name: 'none', symbol: '-', decimals: 18 }, rpcUrls: { default: { http: [url] } } });
const { abi } = probe;

async function until(condition, what) {
  for (let tries = 0; tries < 400; tries++) {
    if (condition()) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`no ${what}`);
}

async function reverts(call, check) {
  try {
    await call;
  } catch (error) {
    assert(error instanceof BaseError, error);
    const reverted = error.walk((cause) => cause instanceof ContractFunctionRevertedError);
    assert(reverted, error);
    return check(reverted);
  }
  throw new Error('did not revert');
}

async function reading(client) {
  assert.strictEqual(await client.getChainId(), 1);
  const number = await client.getBlockNumber({ cacheTime: 0 });
  const block = await client.getBlock({ blockNumber: number, includeTransactions: true });
  assert.strictEqual(block.number, number);
  assert.strictEqual(block.transactions[0].blockHash, block.hash);
  assert.strictEqual(block.transactions[0].type, 'legacy');
  assert.strictEqual((await client.getBlock({ blockHash: block.hash })).transactions[0], block.transactions[0].hash);
  assert.strictEqual(await client.getBlockTransactionCount(), 1);
  ok('chain and blocks');
  const { hash } = block.transactions[0];
  assert.strictEqual((await client.getTransaction({ hash })).blockNumber, number);
  assert.strictEqual((await client.getTransactionReceipt({ hash })).status, 'success');
  assert.strictEqual(await client.getTransactionConfirmations({ hash }), 1n);
  ok('transactions and receipts');
  const hello = { address: helloAddress, abi: JSON.parse(fs.readFileSync(helloAbi, 'utf8')) };
  assert.strictEqual(await client.readContract({ ...hello, functionName: 'get' }), 'Hello, World!');
  assert((await client.getCode({ address: helloAddress })).length > 100);
  assert.strictEqual(BigInt(await client.getStorageAt({ address: helloAddress, slot: '0x1' })), 0n);
  assert.strictEqual(await client.getBalance({ address: helloAddress }), 0n);
  assert.strictEqual(await client.getGasPrice(), 0n);
  const history = await client.getFeeHistory({ blockCount: 2, rewardPercentiles: [50] });
  assert.strictEqual(history.gasUsedRatio.length, 2);
  ok('a view, code, storage, fees');
}

async function writing(client, account) {
  const rpc = (method, params) => client.request({ method, params });
  const { contractAddress: address } = await account.send(rpc, { data: encodeDeployData({ abi, bytecode: probe.bytecode, args: ['first'] }) });
  const store = (key, text) => ({ to: address, data: encodeFunctionData({ abi, functionName: 'store', args: [key, text] }) });
  const gas = await client.estimateContractGas({ address, abi, functionName: 'store', args: [7n, 'seven'], account: account.address });
  const { transactionHash } = await account.send(rpc, store(7n, 'seven'));
  const receipt = await client.waitForTransactionReceipt({ hash: transactionHash });
  assert.strictEqual(receipt.gasUsed, gas);
  const event = decodeEventLog({ abi, ...receipt.logs[0] });
  assert.deepStrictEqual([event.eventName, event.args.key, event.args.text], ['Stored', 7n, 'seven']);
  ok('a transaction, its receipt, event and estimated gas');
  await account.send(rpc, store(8n, 'eight'));
  const logs = await client.getContractEvents({ address, abi, eventName: 'Stored', args: { key: [8n, 9n] }, fromBlock: 0n });
  assert.deepStrictEqual(logs.map((log) => log.args.text), ['eight']);
  assert.strictEqual((await client.getLogs({ blockHash: receipt.blockHash })).length, 1);
  ok('logs');
  return { address, abi, store };
}

async function failures(client, { address }) {
  const read = (functionName, ...args) => client.readContract({ address, abi, functionName, args });
  assert.strictEqual(await read('mustBeSmall', 4n), 8n);
  await reverts(read('mustBeSmall', 99n), (error) => assert.strictEqual(error.reason, 'too large'));
  await reverts(read('mustBeSmall', 5n), (error) => {
    assert.strictEqual(error.data.errorName, 'Refused');
    assert.strictEqual(error.data.args[1], 5n);
  });
  await reverts(read('divide', 1n, 0n), (error) => assert.match(error.shortMessage, /zero/));
  ok('reverts: reason, custom error, panic');
}

async function filters(client, account, contract) {
  const filter = await client.createContractEventFilter({ address: contract.address, abi, eventName: 'Stored' });
  const blocks = await client.createBlockFilter();
  await account.send((method, params) => client.request({ method, params }), contract.store(20n, 'twenty'));
  assert.deepStrictEqual((await client.getFilterChanges({ filter })).map((log) => log.args.text), ['twenty']);
  assert.strictEqual((await client.getFilterChanges({ filter })).length, 0);
  assert((await client.getFilterChanges({ filter: blocks })).length >= 1);
  assert((await client.getFilterLogs({ filter })).length >= 1);
  assert.strictEqual(await client.uninstallFilter({ filter }), true);
  ok('filters');
}

async function pushes(account, { address, store }) {
  const client = createPublicClient({ chain, transport: webSocket(socketUrl) });
  const heads = [], texts = [];
  const stopHeads = client.watchBlocks({ onBlock: (block) => heads.push(block.number), onError: (error) => { throw error; } });
  const stopEvents = client.watchContractEvent({ address, abi, eventName: 'Stored', onLogs: (logs) => logs.forEach((log) => texts.push(log.args.text)) });
  await client.getChainId();
  await new Promise((done) => setTimeout(done, 300)); // viem does not tell when its subscriptions stand
  for (const text of ['a', 'b', 'c']) await account.send((method, params) => client.request({ method, params }), store(1n, text));
  await until(() => texts.length === 3 && heads.length >= 3, 'three events and heads');
  assert.deepStrictEqual(texts, ['a', 'b', 'c']);
  for (let i = 1; i < heads.length; i++) assert.strictEqual(heads[i], heads[i - 1] + 1n);
  ok('newHeads and logs over WebSocket');
  stopHeads();
  stopEvents();
  (await client.transport.getRpcClient()).close();
}

async function main() {
  const client = createPublicClient({ chain, transport: http(url, { batch: true }), pollingInterval: 50 });
  const account = new Account();
  await reading(client);
  const contract = await writing(client, account);
  await failures(client, contract);
  await filters(client, account, contract);
  if (socketUrl !== '-') await pushes(account, contract);
  console.log('all done');
}

main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
