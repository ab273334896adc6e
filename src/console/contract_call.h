/* contract_call.h: contracts deployed and called, and what that looks like (spec/interfaces.md 15.3). */
#ifndef HANSE_CONSOLE_CONTRACT_CALL_H
#define HANSE_CONSOLE_CONTRACT_CALL_H

#include "console/artifacts.h"

/* Deploys, keeps what it deployed, and shows where it is. The address is command memory; NULL: it is said why. */
const char *contract_deploy(session *s, const artifact *a, char *const *arguments, size_t count);

/* Calls a view or pure function, sends a transaction to any other. name is for messages; abi is JSON text. */
bool contract_call(session *s, const char *name, const char *abi, const char *address, const char *function, char *const *arguments,
                   size_t count);

/* What a transaction to the contract called: its function and values. */
bool contract_show_input(session *s, const char *name_or_path, const char *input);

#endif
