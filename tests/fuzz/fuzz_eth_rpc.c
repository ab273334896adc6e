/* Ethereum JSON-RPC texts against a small chain in memory. The first byte chooses: a whole request text, or the parameters of one method. Every
   text is answered with one JSON document, or with nothing when it holds notifications only. */
#include "base/worker_pool.h"
#include "codec/json_read.h"
#include "eth/eth.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const chain_rules rules = {
    .suite = &crypto_standard, .version = VERSION_NEWEST, .enable_parallel = true, .chain_id = 1, .group_id = 1};

static rpc_group *find_group(void *context, int32_t group_id)
{
    return group_id == 1 ? context : NULL;
}

static void release_group(void *context, rpc_group *held)
{
    (void)context, (void)held;
}

static ledger *ledger_of(rpc_group *held)
{
    return (ledger *)held;
}

static bool submit(rpc_group *held, transaction *tx, rpc_submit_answer answer, void *answer_context, rpc_receipt_ready ready,
                   void *ready_context)
{
    (void)held, (void)ready, (void)ready_context;
    if (tx->hash.b[0] & 1)
        return false;
    answer(answer_context, tx->hash.b[0] & 2 ? STATUS_OK : STATUS_NONCE_CHECK_FAIL, "TransactionNonceCheckFail");
    return true;
}

static void get_sync_status(rpc_group *held, arena *a, sync_status *out)
{
    (void)held, (void)a;
    *out = (sync_status){.number = 0, .known_highest = 1};
}

static transaction *pending_find(rpc_group *held, const hash256 *hash)
{
    (void)held, (void)hash;
    return NULL;
}

/* A small gas limit: calls of any code end soon. */
static ledger *found_chain(void)
{
    static node_id sealers[1] = {{{1}}};
    store *s;
    bool differs;
    error_text why;
    genesis g = {.group_id = 1, .timestamp_ms = 1600000000000, .consensus = CONSENSUS_PBFT, .consensus_text = "pbft",
                 .state_text = "storage", .storage_text = "RocksDB", .max_trans_num = 1000, .gas_limit = 200000,
                 .consensus_timeout_s = 3, .epoch_sealer_num = 1, .epoch_block_num = 1000, .sealers = sealers, .sealer_count = 1};
    store_result opened = store_memory.open(&s, &(store_config){0}, &why);
    assert(opened == STORE_OK);
    ledger *l = ledger_open(&rules, &g, s, &differs, &why);
    assert(l);
    return l;
}

static eth_service *service(void)
{
    static const rpc_node_info info = {.act_as_group_member = true, .protocol_version = "2.11.1", .build_type = "", .build_commit = ""};
    static rpc_backend backend = {.info = &info, .find_group = find_group, .release_group = release_group, .ledger_of = ledger_of,
                                  .submit = submit, .sync_status = get_sync_status, .pending_find = pending_find};
    static eth_service *made;
    if (made == NULL) {
        backend.context = found_chain();
        made = eth_service_new(&(eth_config){.chain_id = 1}, &backend, NULL);
    }
    return made;
}

static void check_answer(void *context, bytes response)
{
    *(bool *)context = true;
    if (response.size == 0)
        return;
    json_t *value;
    json_read_result result = json_read(response, SIZE_MAX, JSON_WIDE_AS_REAL, &value);
    assert(result == JSON_READ_OK && (json_is_object(value) || json_is_array(value)));
    json_decref(value);
}

static void ask(bytes body)
{
    bool answered = false;
    eth_http_service.start(service(), &(http_asker){.path = "/"}, NULL, body, check_answer, &answered);
    assert(answered); /* nothing waits here */
}

static void ask_method(unsigned chosen, bytes params)
{
    static const char *const methods[] = {
        "eth_getBlockByNumber", "eth_getBlockByHash", "eth_getTransactionByBlockNumberAndIndex", "eth_getTransactionReceipt", "eth_getLogs",
        "eth_newFilter", "eth_getFilterChanges", "eth_getFilterLogs", "eth_sendRawTransaction", "eth_call", "eth_estimateGas", "eth_getCode",
        "eth_getStorageAt", "eth_getBalance", "eth_feeHistory", "eth_getBlockReceipts", "web3_sha3", "eth_subscribe", "eth_uninstallFilter"};
    buffer body = buffer_init(BUFFER_NO_LIMIT);
    buffer_print(&body, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"id\":1,\"params\":", methods[chosen % COUNT(methods)]);
    buffer_append(&body, params);
    buffer_append_byte(&body, '}');
    ask(buffer_bytes(&body));
    buffer_free(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { INPUT_MAX_BYTES = 100000 };
    if (size == 0 || size > INPUT_MAX_BYTES)
        return 0;
    bytes text = bytes_of(data + 1, size - 1);
    if (data[0] & 1)
        ask_method(data[0] >> 1, text);
    else
        ask(text);
    return 0;
}
