// Compiles every contract of this folder into build/NAME.abi and build/NAME.bin.
// Usage: cd contracts && npm install && node compile.js
// The artifacts are committed, so that neither building nor testing hanse needs npm.
const fs = require('fs');
const path = require('path');
const solc = require('solc');

const here = __dirname;
const names = fs.readdirSync(here).filter((name) => name.endsWith('.sol'));
const input = {
  language: 'Solidity',
  sources: Object.fromEntries(names.map((name) => [name, { content: fs.readFileSync(path.join(here, name), 'utf8') }])),
  settings: {
    evmVersion: 'istanbul',
    optimizer: { enabled: false },
    outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
  },
};
const output = JSON.parse(solc.compile(JSON.stringify(input)));
for (const problem of output.errors || []) {
  console.error(problem.formattedMessage);
  if (problem.severity === 'error') process.exitCode = 1;
}
fs.mkdirSync(path.join(here, 'build'), { recursive: true });
for (const file of Object.values(output.contracts || {}))
  for (const [name, contract] of Object.entries(file)) {
    fs.writeFileSync(path.join(here, 'build', `${name}.abi`), JSON.stringify(contract.abi) + '\n');
    fs.writeFileSync(path.join(here, 'build', `${name}.bin`), contract.evm.bytecode.object + '\n');
    console.log(`${name}: ${contract.evm.bytecode.object.length / 2} bytes`);
  }
