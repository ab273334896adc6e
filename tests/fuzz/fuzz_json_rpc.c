/* JSON-RPC texts against a small chain in memory. The first byte chooses: a whole request text, or the parameters of one method.
   Every text is answered with one JSON document; and what a strict parser takes, ours takes for the same value. */
#include "rpc/json_rpc.h"
#include "codec/json_read.h"

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
    (void)context;
    (void)held;
}

static size_t list_groups(void *context, int32_t *out, size_t max)
{
    (void)context;
    (void)max;
    out[0] = 1;
    return 1;
}

static ledger *ledger_of(rpc_group *held)
{
    return (ledger *)held;
}

static consensus_kind consensus_of(rpc_group *held)
{
    (void)held;
    return CONSENSUS_RPBFT;
}

static bool submit(rpc_group *held, transaction *tx, rpc_submit_answer answer, void *answer_context, rpc_receipt_ready ready,
                   void *ready_context)
{
    (void)held, (void)ready, (void)ready_context; /* the methods ask for no receipt */
    if (tx->hash.b[0] & 1)
        return false;
    answer(answer_context, tx->hash.b[0] & 2 ? STATUS_OK : STATUS_NONCE_CHECK_FAIL, "TransactionNonceCheckFail");
    return true;
}

static chain_view *view(rpc_group *held)
{
    error_text why;
    chain_view *v = chain_view_load(ledger_of(held), &why);
    assert(v);
    return v;
}

static void get_consensus_status(rpc_group *held, arena *a, consensus_status *out)
{
    (void)held;
    (void)a;
    *out = (consensus_status){.node_count = 1};
}

static void get_sync_status(rpc_group *held, arena *a, sync_status *out)
{
    (void)held;
    (void)a;
    *out = (sync_status){.number = 0};
}

static size_t pending(rpc_group *held, transaction **out, size_t max)
{
    (void)held;
    (void)out;
    (void)max;
    return 0;
}

static size_t pending_count(rpc_group *held)
{
    (void)held;
    return 0;
}

static ledger *found_chain(const node_id *self)
{
    static node_id sealers[1];
    store *s;
    bool differs;
    error_text why;
    sealers[0] = *self;
    genesis g = {.group_id = 1, .timestamp_ms = 1600000000000, .consensus = CONSENSUS_PBFT, .consensus_text = "pbft",
                 .state_text = "storage", .storage_text = "RocksDB", .max_trans_num = 1000, .gas_limit = 300000000,
                 .consensus_timeout_s = 3, .epoch_sealer_num = 1, .epoch_block_num = 1000, .sealers = sealers, .sealer_count = 1};
    store_result opened = store_memory.open(&s, &(store_config){0}, &why);
    assert(opened == STORE_OK);
    ledger *l = ledger_open(&rules, &g, s, &differs, &why);
    assert(l);
    return l;
}

static const rpc_backend *backend(void)
{
    static rpc_node_info info = {.supported_version = "2.11.1", .version = VERSION_NEWEST, .chain_id = 1, .peers_param_limit = 10,
                                 .max_nodes_limit = 100, .p2p_ip = "0.0.0.0", .p2p_port = 30300, .protocol_version = "2.11.1",
                                 .build_time = "", .build_type = "", .build_branch = "", .build_commit = "", .agency = "a",
                                 .node_name = "n", .self = {.b = {1}}};
    static rpc_backend made = {.info = &info, .find_group = find_group, .release_group = release_group, .list_groups = list_groups,
                               .ledger_of = ledger_of, .consensus_of = consensus_of, .submit = submit, .view = view,
                               .consensus_status = get_consensus_status, .sync_status = get_sync_status, .pending = pending,
                               .pending_count = pending_count};
    if (made.context == NULL)
        made.context = found_chain(&info.self);
    return &made;
}

static void check_answer(void *context, bytes response)
{
    static const char no_json[] = "ERROR while handleRequest:";
    *(bool *)context = true;
    if (bytes_start_with(response, bytes_of_text(no_json)))
        return;
    assert(response.size && response.data[response.size - 1] == '\n');
    json_t *value;
    json_read_result result = json_read(response, SIZE_MAX, JSON_WIDE_AS_REAL, &value);
    assert(result == JSON_READ_OK && (json_is_object(value) || json_is_array(value)));
    json_decref(value);
}

static void ask(bytes body)
{
    bool answered = false;
    json_rpc_start(backend(), NULL, body, check_answer, &answered);
    assert(answered); /* nothing waits here */
}

static void ask_method(unsigned chosen, bytes params)
{
    static const char *const methods[] = {
        "getBlockByNumber", "getBlockByHash", "getTransactionByBlockNumberAndIndex", "getTransactionReceipt",
        "getTransactionByHashWithProof", "getBatchReceiptsByBlockNumberAndRange", "sendRawTransaction", "call", "getCode",
        "getSystemConfigByKey", "generateGroup", "addPeers", "startGroup", "getBlockHashByNumber", "getEpochSealersList",
        "getBatchReceiptsByBlockHashAndRange"};
    buffer body = buffer_init(BUFFER_NO_LIMIT);
    buffer_print(&body, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"id\":1,\"params\":", methods[chosen % COUNT(methods)]);
    buffer_append(&body, params);
    buffer_append_byte(&body, '}');
    ask(buffer_bytes(&body));
    buffer_free(&body);
}

/* Jansson is strict, but for zero bytes. */
static void compare_parsers(bytes text)
{
    if (text.size == 0 || memchr(text.data, 0, text.size))
        return;
    json_error_t ignored;
    json_t *strict = json_loadb((const char *)text.data, text.size, JSON_DECODE_ANY | JSON_ALLOW_NUL, &ignored), *ours;
    json_read_result result = json_read(text, SIZE_MAX, JSON_WIDE_AS_REAL, &ours);
    if (strict && result != JSON_READ_TOO_DEEP) {
        assert(result == JSON_READ_OK);
        assert(json_equal(strict, ours));
    }
    json_decref(strict);
    json_decref(ours);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { INPUT_MAX_BYTES = 100000 };
    if (size == 0 || size > INPUT_MAX_BYTES)
        return 0;
    bytes text = bytes_of(data + 1, size - 1);
    compare_parsers(text);
    if (data[0] & 1)
        ask_method(data[0] >> 1, text);
    else
        ask(text);
    return 0;
}
