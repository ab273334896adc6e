// Signs transactions in FISCO BCOS 2's form with ethers' tools (docs/ethereum.md shows the same).
const { SigningKey, computeAddress, concat, encodeRlp, hexlify, keccak256, randomBytes, toBeArray } = require('ethers');

const number = (value) => (BigInt(value) === 0n ? '0x' : hexlify(toBeArray(value)));

class Account {
  constructor(secret = hexlify(randomBytes(32))) {
    this.key = new SigningKey(secret);
    this.address = computeAddress(this.key);
  }

  // to: null for a creation. blockLimit: the last block that may hold it, at most 1000 ahead.
  sign({ to = null, data, blockLimit, chainId = 1, groupId = 1 }) {
    const fields = [
      hexlify(concat(['0x01', randomBytes(15)])), // the nonce is random
      number(300000000), // gas price: nobody pays
      number(300000000), // gas: the chain's own limit counts
      number(blockLimit),
      to || '0x',
      '0x',
      data,
      number(chainId),
      number(groupId),
      '0x',
    ];
    const { v, r, s } = this.key.sign(keccak256(encodeRlp(fields)));
    return encodeRlp([...fields, number(v), number(r), number(s)]);
  }

  // rpc(method, params): any client's way to ask. The receipt, once there is one.
  async send(rpc, transaction) {
    const head = Number(await rpc('eth_blockNumber', []));
    const hash = await rpc('eth_sendRawTransaction', [this.sign({ ...transaction, blockLimit: head + 500 })]);
    for (let tries = 0; tries < 200; tries++) {
      const receipt = await rpc('eth_getTransactionReceipt', [hash]);
      if (receipt) return receipt;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`no receipt of ${hash}`);
  }
}

module.exports = { Account };
