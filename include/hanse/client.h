/* hanse/client.h: the C client library for chains that speak the FISCO BCOS 2 protocol (hanse or C++ nodes).

   What it does: connects over the channel port (mutual TLS) or over HTTP, builds and signs transactions, sends them and waits for
   receipts, calls contracts, encodes and decodes the Solidity ABI, follows blocks and contract events, sends and receives AMOP
   messages. `pkg-config --cflags --libs hanse-client`; examples/client/ holds a worked example.

   Conventions
   - Texts are UTF-8 and end with '\0'. A `char *` that a function returns belongs to the caller: hanse_free. A `const char *`
     lives as long as the object it was asked of, or during the callback it was handed to.
   - Hashes, addresses, keys and data are texts of hex digits with "0x", as in JSON-RPC.
   - A function that can fail takes `hanse_error *error` last (NULL is allowed) and returns NULL or false on failure. Nothing is
     written to standard output or standard error, ever.
   - Threads: a hanse_client may be used by any number of threads at the same time. Callbacks run on the client's own thread, one
     at a time, and must not block for long or call a function of this library that waits (marked "waits"); hanse_client_close
     must not be called from one. A hanse_abi and a hanse_account are immutable after creation and may be shared.
   - Limits: hanse_client_options says what is waiting at most; an answer is at most 256 MiB, a frame at most 100 MiB. */
#ifndef HANSE_CLIENT_H
#define HANSE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- errors ---- */

typedef enum {
    HANSE_OK = 0,
    HANSE_ERROR_USAGE,      /* the caller's arguments: an address that is none, an argument that does not fit its ABI type */
    HANSE_ERROR_FILE,       /* a file that cannot be read, a key or certificate that is none */
    HANSE_ERROR_CONNECTION, /* no node answers, or the connection broke while an answer was awaited */
    HANSE_ERROR_TIMEOUT,    /* no answer in time; a transaction may still be executed later */
    HANSE_ERROR_RPC,        /* the node answered with a JSON-RPC error: rpc_code */
    HANSE_ERROR_PROTOCOL,   /* the node's answer is not what the protocol says */
    HANSE_ERROR_LIMIT       /* a limit of this library was reached: say less, or later */
} hanse_error_kind;

typedef struct {
    hanse_error_kind kind;
    int rpc_code;      /* HANSE_ERROR_RPC: the code, e.g. -40001, or an AMOP result code */
    char text[1024];   /* one sentence for a person, with the place and the value */
} hanse_error;

void hanse_free(void *memory); /* NULL is allowed */
const char *hanse_client_version(void);

/* ---- accounts: keys that sign transactions ---- */

typedef struct hanse_account hanse_account;

/* A new random secp256k1 key. */
hanse_account *hanse_account_new(hanse_error *error);
/* The same on the curve SM2, for chains with national algorithms. A key of the other kind cannot sign for a chain. */
hanse_account *hanse_account_new_national(hanse_error *error);
/* PEM (PKCS#8 or SEC1), as get_account.sh and the Java SDK write it; secp256k1 or SM2. */
hanse_account *hanse_account_read_pem(const char *path, hanse_error *error);
/* PKCS#12, as get_account.sh -p and the Java SDK write it. */
hanse_account *hanse_account_read_p12(const char *path, const char *password, hanse_error *error);
/* Into folder/0x<address>.pem and .public.pem; returns the first's path. Never overwrites. */
char *hanse_account_write_pem(const hanse_account *account, const char *folder, hanse_error *error);
char *hanse_account_write_p12(const hanse_account *account, const char *folder, const char *password, hanse_error *error);
const char *hanse_account_address(const hanse_account *account); /* 0x and 40 lower-case digits */
void hanse_account_free(hanse_account *account);                 /* wipes the key; NULL is allowed */

/* ---- connections ---- */

typedef struct hanse_client hanse_client;

typedef enum {
    HANSE_CONNECTED,    /* to a node it was not connected to */
    HANSE_DISCONNECTED, /* the client keeps trying */
} hanse_connection_change;

typedef struct {
    /* Where the nodes are: "host:port" or "channel://host:port" for the channel port, "http://host:port" for JSON-RPC alone (no
       pushes: receipts and blocks are polled for, AMOP is refused). All of one kind. A client keeps a connection to each and
       uses the first healthy one that has the group. */
    const char *const *nodes;
    size_t node_count;
    /* Channel only: the folder with ca.crt, sdk.crt, sdk.key that `hanse chain create` and build_chain.sh write (nodes/IP/sdk). */
    const char *certificates;
    int group;                    /* 0: 1 */
    unsigned timeout_ms;          /* of one request; 0: 10000 */
    unsigned receipt_timeout_ms;  /* 0: 30000 */
    unsigned reconnect_ms;        /* pause between attempts on one node; 0: 2000 */
    size_t requests_max;          /* under way at the same time; more: HANSE_ERROR_LIMIT; 0: 10000 */
    void (*on_connection)(void *context, const char *node, hanse_connection_change change, const char *reason); /* or NULL */
    void *context;
} hanse_client_options;

/* Waits: until one node is connected and has told its version, at most timeout_ms; fails at once when the first attempt on every
   node failed. */
hanse_client *hanse_client_open(const hanse_client_options *options, hanse_error *error);
/* Ends every request under way with HANSE_ERROR_CONNECTION, transactions that were sent with HANSE_ERROR_TIMEOUT; callbacks that run
   meanwhile can send nothing more for this client (HANSE_ERROR_CONNECTION). Calls no callback after it returned. NULL is allowed. */
void hanse_client_close(hanse_client *client);

/* Another group of the same nodes, over the same connections; close it before the first one. */
hanse_client *hanse_client_of_group(hanse_client *client, int group, hanse_error *error);
int hanse_client_group(const hanse_client *client);
/* The chain uses national algorithms (SM2, SM3): accounts and interfaces must be of that kind too. */
bool hanse_client_is_national(hanse_client *client);
/* "host:port" of the connected nodes, one a line. */
char *hanse_client_connections(hanse_client *client);

/* ---- JSON-RPC ---- */

/* Waits. params: the text of a JSON array, NULL for []. Returns the text of the result. */
char *hanse_rpc(hanse_client *client, const char *method, const char *params, hanse_error *error);
/* The same, asked of one node of options.nodes ("host:port"). */
char *hanse_rpc_at(hanse_client *client, const char *node, const char *method, const char *params, hanse_error *error);
/* Waits. -1: failure. */
int64_t hanse_block_number(hanse_client *client, hanse_error *error);

/* ---- contract interfaces ---- */

typedef struct hanse_abi hanse_abi;

/* The JSON array a Solidity compiler writes. */
hanse_abi *hanse_abi_parse(const char *json, hanse_error *error);
hanse_abi *hanse_abi_read(const char *path, hanse_error *error);
/* For chains with national algorithms: selectors and topics are made with SM3. */
hanse_abi *hanse_abi_parse_national(const char *json, hanse_error *error);
void hanse_abi_free(hanse_abi *abi); /* NULL is allowed */

typedef enum { HANSE_FUNCTION, HANSE_CONSTRUCTOR, HANSE_EVENT } hanse_abi_kind;

typedef struct {
    hanse_abi_kind kind;
    const char *name;       /* "" for a constructor */
    const char *signature;  /* "transfer(address,uint256)" */
    const char *id;         /* selector (0x and 8 digits) or topic (0x and 64 digits) */
    bool is_constant;       /* view or pure: call it, no transaction needed */
    size_t input_count, output_count;
    const char *const *input_types, *const *input_names;
    const char *const *output_types;
} hanse_abi_item;

size_t hanse_abi_count(const hanse_abi *abi);
const hanse_abi_item *hanse_abi_item_at(const hanse_abi *abi, size_t index); /* lives as long as abi */
/* By name, or by signature when the name is overloaded. NULL: none, or several. */
const hanse_abi_item *hanse_abi_find(const hanse_abi *abi, hanse_abi_kind kind, const char *name, hanse_error *error);

/* Arguments are given as texts, one for each parameter: numbers in decimal or 0x hex, true or false, addresses and bytes as 0x hex,
   strings as they are, arrays and structs as JSON. */
/* A function's call: selector and arguments. */
char *hanse_abi_encode_call(const hanse_abi *abi, const char *function, const char *const *arguments, size_t count, hanse_error *error);
/* A deployment: the compiler's code (hex, "0x" optional) and the constructor's arguments. */
char *hanse_abi_encode_deployment(const hanse_abi *abi, const char *code, const char *const *arguments, size_t count, hanse_error *error);
/* JSON arrays, one element for each value: numbers of up to 48 bits as numbers, wider ones as decimal strings, bytes as 0x hex. */
char *hanse_abi_decode_output(const hanse_abi *abi, const char *function, const char *data, hanse_error *error);
char *hanse_abi_decode_input(const hanse_abi *abi, const char *data, const char **function, hanse_error *error); /* with selector */
/* log: a JSON object with address, topics, data as in receipts and event pushes. Returns {"event":NAME,"values":[...]}; NULL with
   HANSE_OK: an event this interface does not have. */
char *hanse_abi_decode_log(const hanse_abi *abi, const char *log, hanse_error *error);
/* A function without an interface: "set(string)" or "get()(string)"; free it with hanse_abi_free. */
hanse_abi *hanse_abi_of_signature(const char *signature, hanse_error *error);
/* The text in the output of a reverted call: Error(string), or NULL. */
char *hanse_revert_reason(const char *output);

/* ---- transactions ---- */

typedef struct hanse_receipt hanse_receipt;

/* Waits until the transaction is in a block, or was refused (a receipt with a status, no error). to NULL: a deployment. When the
   connection ends meanwhile, the same transaction is sent to the next node: it is executed once, and
   only a receipt from a block or the end of receipt_timeout_ms ends the waiting. HANSE_ERROR_CONNECTION: no node was connected, none
   has it. HANSE_ERROR_TIMEOUT: it was sent and may still be executed. */
hanse_receipt *hanse_send(hanse_client *client, const hanse_account *account, const char *to, const char *data, hanse_error *error);
/* The same without waiting for the receipt: done runs once, on the client's thread, never within this function called there; receipt
   is its own until it returns, NULL with an error when it was refused before a node took it or no receipt came in time. Returns the transaction's hash. */
typedef void (*hanse_receipt_done)(void *context, const char *transaction_hash, const hanse_receipt *receipt, const hanse_error *error);
char *hanse_send_start(hanse_client *client, const hanse_account *account, const char *to, const char *data, hanse_receipt_done done,
                       void *context, hanse_error *error);
/* A signed transaction as hex, to be sent by anyone within the block limit (500 blocks). Asks the node for height and chain id. */
char *hanse_sign(hanse_client *client, const hanse_account *account, const char *to, const char *data, char **hash, hanse_error *error);
hanse_receipt *hanse_send_raw(hanse_client *client, const char *signed_transaction, hanse_error *error);

int hanse_receipt_status(const hanse_receipt *r);                   /* 0: executed; spec/interfaces.md 4.8 */
const char *hanse_receipt_status_text(const hanse_receipt *r);      /* "None", "RevertInstruction", ... */
const char *hanse_receipt_transaction(const hanse_receipt *r);
int64_t hanse_receipt_block(const hanse_receipt *r);
const char *hanse_receipt_contract(const hanse_receipt *r);         /* of a deployment; else zero */
const char *hanse_receipt_output(const hanse_receipt *r);
size_t hanse_receipt_log_count(const hanse_receipt *r);
const char *hanse_receipt_log(const hanse_receipt *r, size_t index); /* a JSON object: address, topics, data */
const char *hanse_receipt_json(const hanse_receipt *r);              /* all of it */
void hanse_receipt_free(hanse_receipt *r);                           /* NULL is allowed */

/* Waits. A call without a transaction. from NULL: the address 1 (for the zero address nodes execute nothing). *status (may be
   NULL): 0, or why the call failed; then the output is what the contract left. */
char *hanse_call(hanse_client *client, const char *from, const char *to, const char *data, int *status, hanse_error *error);

/* ---- blocks and events ---- */

typedef struct hanse_subscription hanse_subscription;

/* Every block from `from` on (-1: the next one), each number once and in order, also those that came while no node was connected. */
typedef void (*hanse_block_arrived)(void *context, int64_t number);
hanse_subscription *hanse_blocks_subscribe(hanse_client *client, int64_t from, hanse_block_arrived arrived, void *context, hanse_error *error);

typedef struct {
    int64_t from_block;               /* -1: the next one */
    int64_t to_block;                 /* -1: no end */
    const char *const *addresses;     /* none: any contract */
    size_t address_count;
    /* topics[i]: the values that topic i may have, 0x and 64 digits; none: any. */
    const char *const *topics[4];
    size_t topic_count[4];
} hanse_event_filter;

/* log: a JSON object: address, blockHash, blockNumber (decimal text), data, logIndex, topics, transactionHash, transactionIndex.
   NULL: to_block is done, nothing follows. Each log comes once and in the chain's order, whatever happens to connections. */
typedef void (*hanse_event_arrived)(void *context, const char *log);
/* Waits until a node has taken the filter, so that a refusal is told (but not when called from a callback). */
hanse_subscription *hanse_events_subscribe(hanse_client *client, const hanse_event_filter *filter, hanse_event_arrived arrived, void *context,
                                           hanse_error *error);
/* No callback runs after it returned (called from a callback: after that callback). NULL is allowed. Closing the client
   unsubscribes what is left; the subscriptions are gone then. */
void hanse_unsubscribe(hanse_subscription *subscription);

/* ---- AMOP: messages between applications, through the nodes (channel only) ---- */

/* A message for one of this client's topics. answer: what goes back to the sender of a unicast message, set with
   hanse_amop_answer before the callback returns; none: an empty answer. */
typedef struct hanse_amop_message hanse_amop_message;
typedef void (*hanse_amop_arrived)(void *context, const char *topic, const void *data, size_t size, hanse_amop_message *message);
void hanse_amop_answer(hanse_amop_message *message, const void *data, size_t size);

/* Adds a topic (at most 254 bytes) to those this client listens to; again for the same topic: the callback is replaced. */
bool hanse_amop_listen(hanse_client *client, const char *topic, hanse_amop_arrived arrived, void *context, hanse_error *error);
bool hanse_amop_stop_listening(hanse_client *client, const char *topic, hanse_error *error);
/* Waits for the answer of one listener. *answer_size without the '\0' that is put behind the answer. */
char *hanse_amop_send(hanse_client *client, const char *topic, const void *data, size_t size, size_t *answer_size, hanse_error *error);
/* To every listener; true once the node took it. */
bool hanse_amop_broadcast(hanse_client *client, const char *topic, const void *data, size_t size, hanse_error *error);

#ifdef __cplusplus
}
#endif

#endif
