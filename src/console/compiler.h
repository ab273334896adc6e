/* compiler.h: a Solidity compiler where there is one: solc on the PATH, or npm's `solc` package (in
   contracts/node_modules, node_modules, or where the solcjs on the PATH lies) run by node. Code is made for the
   Istanbul EVM. */
#ifndef HANSE_CONSOLE_COMPILER_H
#define HANSE_CONSOLE_COMPILER_H

#include "console/session.h"

enum { COMPILER_OUTPUT_MAX_BYTES = 64 * 1024 * 1024 };

bool compiler_is_there(session *s);
/* The interface and code of contract `name` in the file. Command memory. false: the compiler's complaints were shown. */
bool compiler_run(session *s, const char *path, const char *name, const char **abi, const char **code);

#endif
