/* tx_session.h: what the tools that make transactions share: the contract's interface, the sender's key, the node that is asked.
   Every function leaves the reason of a failure in s->why. */
#ifndef HANSE_TOOL_TX_SESSION_H
#define HANSE_TOOL_TX_SESSION_H

#include "chain/transaction.h"
#include "codec/abi.h"
#include "tool/key_file.h"
#include "tool/rpc_client.h"

enum { TX_SESSION_RPC_MS = 10000 };

typedef struct {
    const char *rpc, *abi, *bin, *key, *to; /* as given on the command line, or NULL */
    unsigned group;
    arena memory;
    rpc_client *client;
    abi_contract contract;
    error_text why;
} tx_session;

extern const tx_session tx_session_default;

/* The options they share, for getopt_long. */
#define TX_SESSION_OPTIONS                                                                        \
    {"rpc", required_argument, NULL, 'r'}, {"abi", required_argument, NULL, 'a'},                 \
    {"key", required_argument, NULL, 'k'}, {"group", required_argument, NULL, 'g'}, {"to", required_argument, NULL, 't'}
/* false: none of them. */
bool tx_take_option(tx_session *s, int option, const char *value) MUST_USE;

bool tx_read_contract(tx_session *s) MUST_USE;
/* --key, or HANSE_KEY. Wipe it after use. */
bool tx_read_key(tx_session *s, account_key *key) MUST_USE;
bool tx_read_target(tx_session *s, address *to) MUST_USE;
/* arguments[0] names the method, the others are its arguments. out lives in s->memory. */
bool tx_encode_method(tx_session *s, char **arguments, size_t count, const abi_entry **entry, bytes *out) MUST_USE;
/* The code of --bin with the constructor's arguments behind it. */
bool tx_encode_deployment(tx_session *s, char **arguments, size_t count, bytes *out) MUST_USE;
/* What the node says of its chain: rules to encode with; chain id, group, block limit, gas and a random nonce into fields. */
bool tx_ask_chain(tx_session *s, chain_rules *rules, transaction_fields *fields) MUST_USE;
void tx_random_nonce(u256 *nonce);

#endif
