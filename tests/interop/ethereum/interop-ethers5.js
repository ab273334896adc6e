// ethers 5, still in many projects. Arguments: HTTP URL, WebSocket URL, address of a HelloWorld, its ABI's file, address of a Probe with one event.
const assert = require('assert');
const fs = require('fs');
const { ethers } = require('ethers5');
const { Account } = require('./fisco.js');
const { abi } = require('./Probe.json');

const [url, socketUrl, helloAddress, helloAbi, probeAddress] = process.argv.slice(2);
const ok = (what) => console.log(`ok ${what}`);

async function main() {
  const provider = new ethers.providers.JsonRpcProvider(url);
  assert.strictEqual((await provider.getNetwork()).chainId, 1);
  const block = await provider.getBlockWithTransactions('latest');
  const [transaction] = block.transactions;
  assert.strictEqual(transaction.blockHash, block.hash);
  const receipt = await provider.getTransactionReceipt(transaction.hash);
  assert.strictEqual(receipt.status, 1);
  assert.strictEqual(receipt.logs[0].blockNumber, block.number);
  assert.strictEqual((await provider.getFeeData()).maxFeePerGas, null);
  ok('network, block, receipt');
  const hello = new ethers.Contract(helloAddress, JSON.parse(fs.readFileSync(helloAbi, 'utf8')), provider);
  assert.strictEqual(await hello.get(), 'Hello, World!');
  const probe = new ethers.Contract(probeAddress, abi, provider);
  await assert.rejects(probe.mustBeSmall(99), (error) => error.code === 'CALL_EXCEPTION' && error.reason === 'too large');
  await assert.rejects(probe.mustBeSmall(5), (error) => error.errorName === 'Refused');
  assert.deepStrictEqual((await probe.queryFilter('Stored', 0)).map((event) => event.args.text), ['seven']);
  ok('calls, reverts, logs');
  const polled = [], pushed = [];
  provider.pollingInterval = 100; // filters, or block after block
  provider.on(probe.filters.Stored(), (log) => Number(log.topics[2]) === 1 && polled.push(log)); // it begins some blocks back
  const socket = new ethers.providers.WebSocketProvider(socketUrl);
  probe.connect(socket).on('Stored', (by, key, text) => pushed.push(text));
  await socket.getNetwork();
  await new Promise((done) => setTimeout(done, 300));
  await new Account().send((method, params) => provider.send(method, params), { to: probeAddress, data: probe.interface.encodeFunctionData('store', [1, 'one']) });
  for (let tries = 0; tries < 200 && (!polled.length || !pushed.length); tries++) await new Promise((done) => setTimeout(done, 50));
  assert.strictEqual(polled.length, 1);
  assert.deepStrictEqual(pushed, ['one']);
  ok('events, polled and pushed');
  console.log('all done');
}

main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
