// web3.js 4. Arguments as of interop-ethers5.js.
const assert = require('assert');
const fs = require('fs');
const { Web3 } = require('web3');
const { Account } = require('./fisco.js');
const { abi } = require('./Probe.json');

const [url, socketUrl, helloAddress, helloAbi, probeAddress] = process.argv.slice(2);
const ok = (what) => console.log(`ok ${what}`);

async function main() {
  const web3 = new Web3(url);
  assert.strictEqual(await web3.eth.getChainId(), 1n);
  assert.strictEqual(await web3.eth.net.getPeerCount(), 3n);
  assert.strictEqual(await web3.eth.isSyncing(), false);
  assert((await web3.eth.getNodeInfo()).startsWith('hanse/'));
  const block = await web3.eth.getBlock('latest', true);
  const [transaction] = block.transactions;
  assert.strictEqual((await web3.eth.getTransaction(transaction.hash)).blockHash, block.hash);
  const receipt = await web3.eth.getTransactionReceipt(transaction.hash);
  assert.strictEqual(receipt.status, 1n);
  assert.strictEqual(receipt.logs.length, 1);
  ok('network, block, transaction, receipt');
  const hello = new web3.eth.Contract(JSON.parse(fs.readFileSync(helloAbi, 'utf8')), helloAddress);
  assert.strictEqual(await hello.methods.get().call(), 'Hello, World!');
  const probe = new web3.eth.Contract(abi, probeAddress);
  await assert.rejects(probe.methods.mustBeSmall(99).call(), (error) => error.cause.message.includes('too large'));
  await assert.rejects(probe.methods.mustBeSmall(5).call(), (error) => error.cause.errorName === 'Refused');
  assert((await probe.methods.store(1, 'x').estimateGas()) > 21000n);
  const events = await probe.getPastEvents('Stored', { fromBlock: 0 });
  assert.deepStrictEqual(events.map((event) => event.returnValues.text), ['seven']);
  ok('calls, reverts, logs');
  const socket = new Web3(socketUrl), heads = [], logs = [];
  const onHeads = await socket.eth.subscribe('newBlockHeaders'), onLogs = await socket.eth.subscribe('logs', { address: probeAddress });
  onHeads.on('data', (head) => heads.push(head.number));
  onLogs.on('data', (log) => logs.push(log.topics[2]));
  await new Account().send((method, params) => web3.requestManager.send({ method, params }),
                           { to: probeAddress, data: probe.methods.store(9, 'nine').encodeABI() });
  for (let tries = 0; tries < 200 && (!heads.length || !logs.length); tries++) await new Promise((done) => setTimeout(done, 50));
  assert.strictEqual(heads[0], block.number + 1n);
  assert.deepStrictEqual(logs.map(BigInt), [9n]);
  ok('newHeads and logs over WebSocket');
  console.log('all done');
}

main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
