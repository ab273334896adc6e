// The public Node.js SDK, as applications use it, against the first two nodes of a running chain.
// Arguments: folder of the SDK, folder with the certificates, channel ports of node 0 and node 1, folder of the compiled HelloWorld.
// Prints a line "ok WHAT" for each step, and "all done" at the end.

'use strict';

const assert = require('assert');
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');

const [sdk, certificates, port, otherPort, contracts] = process.argv.slice(2);
const api = require(path.join(sdk, 'packages/api'));
const { registerBlockNotifyCallback } = require(path.join(sdk, 'packages/api/common/network'));

const abi = JSON.parse(fs.readFileSync(path.join(contracts, 'HelloWorld.abi')));
const bin = fs.readFileSync(path.join(contracts, 'HelloWorld.bin'), 'utf8').trim();
const functionOf = name => abi.find(item => item.name === name && item.type === 'function');

function check(found, wanted, what) {
    assert.deepStrictEqual(found, wanted, what);
    console.log('ok ' + what);
}

function configuration(name, ports) {
    const file = path.resolve(name);
    fs.writeFileSync(file, JSON.stringify({
        encryptType: 'ECDSA',
        accounts: {
            alice: { type: 'ecrandom', value: crypto.randomBytes(32).toString('hex') },
            bob: { type: 'ecrandom', value: crypto.randomBytes(32).toString('hex') },
        },
        nodes: ports.map(one => ({ ip: '127.0.0.1', port: one })),
        authentication: Object.fromEntries([['key', 'sdk.key'], ['cert', 'sdk.crt'], ['ca', 'ca.crt']]
            .map(([key, value]) => [key, path.join(certificates, value)])),
        groupID: 1, chainID: 1, timeout: 10000,
    }));
    return new api.Configuration(file);
}

async function until(condition, what, seconds = 15) {
    for (const end = Date.now() + 1000 * seconds; Date.now() < end; await new Promise(resolve => setTimeout(resolve, 20))) {
        const value = await condition();
        if (value) return value;
    }
    throw new Error('not within ' + seconds + ' s: ' + what);
}

const failure = async promise => {
    try {
        await promise;
    } catch (thrown) {
        return thrown;
    }
    throw new Error('nothing was refused');
};

async function contract(config, web3j) {
    const version = (await web3j.getClientVersion()).result;
    check([version['Chain Id'], /^2\./.test(version['Supported Version'])], ['1', true], 'connect');
    const deployed = await web3j.deploy(abi, bin, []);
    check([deployed.status, deployed.statusMsg, deployed.from], ['0x0', 'None', config.accounts.alice.account], 'deploy');
    const address = deployed.contractAddress;
    check((await web3j.getCode(address)).result.startsWith('0x6080'), true, 'code of the contract');
    const blocks = [];
    registerBlockNotifyCallback(1, (group, number) => blocks.push([group, number]), config.nodes[0], config.authentication);
    const receipt = await web3j.sendRawTransaction(address, functionOf('set'), ['a word'], 'bob');
    check([receipt.status, receipt.to, receipt.from, receipt.logs.length, receipt.logs[0].address],
        ['0x0', address, config.accounts.bob.account, 1, address], 'send: receipt with status and log');
    const changed = abi.find(item => item.type === 'event');
    check(receipt.logs[0].topics, [api.TopicConvertor.fromABI(changed, 0), api.TopicConvertor.fromAddress(config.accounts.bob.account)],
        'topics of the log');
    check(receipt.logsBloom.length, 2 + 512, 'bloom of the log');
    const answer = await web3j.call(address, functionOf('get'), []);
    check([answer.result.status, Buffer.from(answer.result.output.slice(2 + 128), 'hex').toString().replace(/\0+$/, '')], ['0x0', 'a word'], 'call');
    check(await until(() => blocks.find(([group, number]) => group === 1 && number === parseInt(receipt.blockNumber, 16)), 'block push').then(Boolean),
        true, 'block notification');
    await events(config, web3j, address, changed, receipt);
    const many = await Promise.all(Array.from({ length: 30 }, (_, i) => web3j.sendRawTransaction(address, functionOf('set'), [`word ${i}`])));
    check(many.filter(one => one.status === '0x0').length, 30, '30 transactions at the same time');
    check(new Set(many.map(one => one.transactionHash)).size, 30, 'their receipts, each its own');
    return { address, receipt };
}

async function events(config, web3j, address, changed, first) {
    const service = new api.EventLogService(config);
    const seen = [];
    const registered = await service.registerEventLogFilter(
        { from: '1', to: 'latest', addresses: [address], topics: [api.TopicConvertor.fromABI(changed, 0)] },
        (status, logs) => seen.push(...logs), changed);
    check(registered.result, 0, 'event subscription');
    await until(() => seen.length >= 1, 'history');
    check([seen[0].log.transactionHash, seen[0].values.from, seen[0].values.to, seen[0].values.by],
        [first.transactionHash, 'Hello, World!', 'a word', config.accounts.bob.account], 'event of an earlier block');
    const receipt = await web3j.sendRawTransaction(address, functionOf('set'), ['proclaimed']);
    await until(() => seen.length >= 2, 'a live event');
    check([seen[1].log.transactionHash, seen[1].log.blockNumber, seen[1].values.to],
        [receipt.transactionHash, String(parseInt(receipt.blockNumber, 16)), 'proclaimed'], 'event as it happens');
    const past = [];
    await service.registerEventLogFilter({ from: '1', to: String(parseInt(receipt.blockNumber, 16)), addresses: [address], topics: [] },
        (status, logs) => past.push([status, logs]), changed);
    await until(() => past.some(([status]) => status === api.EVENT_LOG_FILTER_PUSH_STATUS.PUSH_COMPLETED), 'the end of a bounded subscription');
    check([past.flatMap(([, logs]) => logs || []).length, past[past.length - 1]], [2, [1, null]], 'a bounded subscription ends');
    const refused = await service.registerEventLogFilter({ from: '5', to: '2', addresses: [address], topics: [] }, () => {});
    check(refused.result, -41003, 'a subscription of an impossible range');
}

async function queries(web3j, { address, receipt }) {
    const number = parseInt(receipt.blockNumber, 16), hash = receipt.transactionHash;
    check(parseInt((await web3j.getBlockNumber()).result, 16) >= number, true, 'getBlockNumber');
    const block = (await web3j.getBlockByNumber(String(number), true)).result;
    check([block.hash, block.transactions.some(one => one.hash === hash)], [receipt.blockHash, true], 'getBlockByNumber');
    check((await web3j.getBlockByHash(block.hash, false)).result.transactions.includes(hash), true, 'getBlockByHash');
    check((await web3j.getBlockHashByNumber(String(number))).result, block.hash, 'getBlockHashByNumber');
    check((await web3j.getTransactionByHash(hash)).result.to, address, 'getTransactionByHash');
    const index = String(parseInt(receipt.transactionIndex, 16));
    check((await web3j.getTransactionByBlockHashAndIndex(block.hash, index)).result.hash, hash, 'getTransactionByBlockHashAndIndex');
    check((await web3j.getTransactionByBlockNumberAndIndex(String(number), index)).result.hash, hash, 'getTransactionByBlockNumberAndIndex');
    const again = (await web3j.getTransactionReceipt(hash)).result;
    check([again.status, again.logs, again.gasUsed, again.logsBloom], ['0x0', receipt.logs, receipt.gasUsed, receipt.logsBloom], 'getTransactionReceipt');
    check((await web3j.getTransactionReceipt('0x' + '1'.repeat(64))).result, null, 'the receipt of a transaction that is none');
    const sealers = (await web3j.getSealerList()).result;
    check([sealers.length, (await web3j.getObserverList()).result.length, (await web3j.getNodeIDList()).result.length,
        (await web3j.getGroupPeers()).result.length, (await web3j.getPeers()).result.length, (await web3j.getGroupList()).result],
    [4, 0, 4, 4, 3, [1]], 'lists of nodes and groups');
    check([(await web3j.getPbftView()).result.startsWith('0x'), (await web3j.getPendingTxSize()).result, (await web3j.getPendingTransactions()).result],
        [true, '0x0', []], 'view and pending transactions');
    check((await web3j.getConsensusStatus()).result[0].nodeNum, 4, 'getConsensusStatus');
    check((await web3j.getSyncStatus()).result.peers.length, 3, 'getSyncStatus');
    const total = (await web3j.getTotalTransactionCount()).result;
    check([parseInt(total.txSum, 16) >= 33, total.failedTxSum], [true, '0x0'], 'getTotalTransactionCount');
    check((await failure(web3j.getBlockByNumber('9999999', false))).error.code, -40004, 'an unknown block is an error');
    return sealers;
}

async function precompiled(config, web3j, sealers) {
    const user = config.accounts.bob.account, table = 't_' + Date.now();
    const crud = new api.CRUDService(config), shape = new api.Table(table, 'name', 'age,city');
    check((await crud.createTable(shape)).code, 0, 'CRUD: create a table');
    check((await crud.createTable(shape)).code, -50001, 'CRUD: create it again');
    const described = await crud.desc(table);
    check([described.key, described.valueFields], ['name', 'age,city'], 'CRUD: desc');
    const rows = new api.Table(table, 'anna', 'age,city'), entry = new api.Entry(), condition = new api.Condition();
    entry.put('name', 'anna');
    entry.put('age', '7');
    entry.put('city', 'Luebeck');
    check((await crud.insert(rows, entry)).affected, 1, 'CRUD: insert');
    condition.eq('age', '7');
    check((await crud.select(rows, condition)).map(row => [row.name, row.age, row.city]), [['anna', '7', 'Luebeck']], 'CRUD: select');
    const change = new api.Entry();
    change.put('city', 'Bergen');
    check((await crud.update(rows, change, condition)).affected, 1, 'CRUD: update');
    check((await crud.select(rows, condition))[0].city, 'Bergen', 'CRUD: select the update');
    check((await crud.remove(rows, condition)).affected, 1, 'CRUD: remove');
    check(await crud.select(rows, condition), [], 'CRUD: nothing is left');
    check((await crud.insert(new api.Table('nowhere', 'x', 'y'), entry)).code, -50100, 'CRUD: a table that is none');

    const cns = new api.CNSService(config), name = 'Hello' + Date.now(), address = '0x1234567890123456789012345678901234567890';
    check(await cns.registerCns(name, '1.0', address, '[]'), 1, 'CNS: register');
    check(await cns.registerCns(name, '1.0', address, '[]'), parseInt('-51200', 16), 'CNS: register again'); // the SDK reads the number as hex
    check((await cns.queryCnsByName(name)).map(one => [one.name, one.version, one.address, one.abi]), [[name, '1.0', address, '[]']], 'CNS: by name');
    check((await cns.queryCnsByNameAndVersion(name, '1.0')).length, 1, 'CNS: by name and version');
    check((await cns.getAddressByContractNameAndVersion(name + ':1.0')).address, address, 'CNS: address');

    const config1 = new api.SystemConfigService(config);
    check((await config1.setValueByKey('tx_count_limit', '900')).code, 0, 'system configuration: set');
    check((await web3j.getSystemConfigByKey('tx_count_limit')).result, '900', 'system configuration: get');
    check((await config1.setValueByKey('tx_count_limit', '0')).code, -51300, 'system configuration: an impossible value');
    check((await config1.setValueByKey('tx_count_limit', '1000')).code, 0, 'system configuration: back');

    const self = (await web3j.getSyncStatus()).result.nodeId; // a node that is removed may never see the block that says so
    const consensus = new api.ConsensusService(config), node = sealers.find(one => one !== self);
    check((await consensus.addSealer(node)).code, -51104, 'consensus: a sealer already');
    check((await consensus.addObserver(node)).code, 0, 'consensus: to an observer');
    check([(await web3j.getSealerList()).result.includes(node), (await web3j.getObserverList()).result], [false, [node]], 'consensus: it is one');
    check((await consensus.removeNode(node)).code, 0, 'consensus: remove');
    check((await web3j.getObserverList()).result, [], 'consensus: it is gone');
    check((await consensus.addObserver(node)).code, 0, 'consensus: an observer again');
    check((await consensus.addSealer(node)).code, 0, 'consensus: and a sealer');
    check((await web3j.getSealerList()).result.sort(), [...sealers].sort(), 'consensus: as before');
    check((await consensus.addSealer('0'.repeat(128))).code, -51102, 'consensus: an unknown node');

    const permission = new api.PermissionService(config);
    check((await permission.grantUserTableManager(table, user)).code, 0, 'permission: grant a table');
    check((await permission.listUserTableManager(table)).map(one => one.address), [user], 'permission: list');
    const denied = await crud.insert(rows, entry);
    check(denied.code, -50000, 'permission: others are refused');
    check((await permission.revokeUserTableManager(table, user)).code, 0, 'permission: revoke');
    check((await crud.insert(rows, entry)).affected, 1, 'permission: and then not');
    check((await permission.grantUserTableManager(table, user)).code, 0, 'permission: grant again');
    check((await permission.grantUserTableManager(table, user)).code, -51000, 'permission: twice');
    for (const right of ['CNS', 'SysConfig', 'Node']) {
        // To alice, who signs what follows: to grant somebody else would lock her out.
        const alice = config.accounts.alice.account;
        check((await permission[`grant${right}Manager`](alice)).code, 0, `permission: grant ${right}`);
        check((await permission[`list${right}Manager`]()).map(one => one.address), [alice], `permission: list ${right}`);
        check((await permission[`revoke${right}Manager`](alice)).code, 0, `permission: revoke ${right}`);
    }
}

let asked = () => {};
require('readline').createInterface({ input: process.stdin }).on('line', () => asked());

function please(what) {
    console.log('do ' + what);
    return new Promise(resolve => { asked = resolve; });
}

async function restart(web3j, { address }) {
    await web3j.sendRawTransaction(address, functionOf('set'), ['kept']);
    await please('stop 0');
    await failure(web3j.getBlockNumber());
    await please('start 0');
    check((await web3j.call(address, functionOf('get'), [])).result.output.includes(Buffer.from('kept').toString('hex')), true, 'reconnect after a restart');
    check((await web3j.sendRawTransaction(address, functionOf('set'), ['again'])).status, '0x0', 'send after a restart');
}

async function main() {
    const config = configuration('one.json', [port]);
    const web3j = new api.Web3jService(config);
    const done = await contract(config, web3j);
    const sealers = await queries(web3j, done);
    await precompiled(config, web3j, sealers);
    const both = new api.Web3jService(configuration('both.json', [port, otherPort]));
    const heights = [];
    for (let i = 0; i < 20; i++) heights.push(parseInt((await both.getBlockNumber()).result, 16) > 0);
    check(heights.every(Boolean), true, 'two nodes in turn');
    await restart(web3j, done);
    console.log('all done');
    process.exit(0);
}

main().catch(thrown => {
    console.error(thrown);
    process.exit(1);
});
