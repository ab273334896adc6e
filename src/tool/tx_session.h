/* tx_session.h: what the tools that make transactions share: how the nodes are reached, the contract's interface, the sender's key. */
#ifndef HANSE_TOOL_TX_SESSION_H
#define HANSE_TOOL_TX_SESSION_H

#include "base/arena.h"
#include "hanse/client.h"

enum { TX_SESSION_NODES_MAX = 100 };

typedef struct {
    const char *rpc, *node, *sdk, *abi_path, *bin, *key, *to; /* as given on the command line, or NULL */
    int group;
    arena memory;
    const char *nodes[TX_SESSION_NODES_MAX]; /* of --node, or of --rpc */
    size_t node_count;
    hanse_client *client;
    hanse_abi *abi;
    hanse_account *account;
    hanse_error error;         /* why the function that failed did */
} tx_session;

/* The options they share, for getopt_long. */
#define TX_SESSION_OPTIONS                                                                                                \
    {"rpc", required_argument, NULL, 'r'}, {"node", required_argument, NULL, 'n'}, {"sdk", required_argument, NULL, 'd'}, \
    {"abi", required_argument, NULL, 'a'}, {"key", required_argument, NULL, 'k'}, {"group", required_argument, NULL, 'g'}, \
    {"to", required_argument, NULL, 't'}
/* Their description in a usage text. */
#define TX_SESSION_USAGE                                                                                                 \
    "  --rpc LIST        HOST:PORT,... the JSON-RPC of nodes; default 127.0.0.1:8545\n"                                   \
    "  --node LIST       instead: HOST:PORT,... their channel ports\n"                                                    \
    "  --sdk FOLDER      for --node: the folder with ca.crt, sdk.crt, sdk.key; default nodes/127.0.0.1/sdk\n"              \
    "  --group N         default 1\n"                                                                                     \
    "  --key FILE        who sends (hanse account new); HANSE_KEY names it too\n"

/* false: none of them. */
bool tx_take_option(tx_session *s, int option, const char *value);

/* Connects. */
bool tx_open(tx_session *s);
/* The interface of --abi, with the hash of the chain; after tx_open. */
bool tx_read_contract(tx_session *s);
/* --key, or HANSE_KEY. */
bool tx_read_key(tx_session *s);
bool tx_check_target(tx_session *s);
void tx_close(tx_session *s);

#endif
