/* bench_eth_logs: eth_getLogs on a chain in RocksDB. Usage: bench_eth_logs [BLOCKS [TRANSACTIONS]], default 10000 and 20 a block, each with one
   log. Every hundredth block has a log of a rare topic. Prints what a search over the whole chain takes: when no bloom is known, when all are,
   and with every block decoded, which is what it would take without blooms. */
#include "base/clock.h"
#include "base/memory.h"
#include "codec/hex.h"
#include "eth/eth.h"
#include "ledger/ledger.h"

#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Logs its call data's first word as the only topic. */
static const char code_hex[] = "600b80600b6000396000f3" "60003560006000a100fe00";
static const secret_key key = {{[31] = 1}};

typedef struct {
    chain_rules rules;
    store *store;
    ledger *ledger;
    rpc_node_info info;
    rpc_backend backend;
    worker_pool *workers;
    eth_service *service;
    address contract;
    uint64_t nonce;
} bench;

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "bench_eth_logs: %s: %s\n", what, why);
    exit(1);
}

static rpc_group *find_group(void *context, int32_t id)
{
    return id == 1 ? context : NULL;
}

static void release_group(void *context, rpc_group *g)
{
    (void)context, (void)g;
}

static ledger *ledger_of(rpc_group *g)
{
    return ((bench *)g)->ledger;
}

static void open_chain(bench *b, const char *folder)
{
    static node_id self = {{1}};
    error_text why;
    bool differs;
    b->rules = (chain_rules){.suite = &crypto_standard, .version = VERSION_NEWEST, .enable_parallel = true, .chain_id = 1, .group_id = 1};
    genesis g = {.group_id = 1, .timestamp_ms = 1600000000000, .consensus = CONSENSUS_PBFT, .consensus_text = "pbft",
                 .state_text = "storage", .storage_text = "RocksDB", .max_trans_num = 1000, .gas_limit = 300000000,
                 .consensus_timeout_s = 3, .epoch_sealer_num = 1, .epoch_block_num = 1000, .sealers = &self, .sealer_count = 1};
    if (store_rocksdb.open(&b->store, &(store_config){.path = folder}, &why) != STORE_OK)
        fail(folder, why.text);
    b->ledger = ledger_open(&b->rules, &g, b->store, &differs, &why);
    if (b->ledger == NULL)
        fail("ledger", why.text);
    b->info = (rpc_node_info){.act_as_group_member = true};
    b->backend = (rpc_backend){.context = b, .info = &b->info, .find_group = find_group, .release_group = release_group, .ledger_of = ledger_of};
    b->workers = worker_pool_new("worker", 1, 100);
    b->service = eth_service_new(&(eth_config){.chain_id = 1}, &b->backend, b->workers);
}

static transaction *sign(bench *b, const address *to, bytes data)
{
    transaction_fields fields = {.nonce = u256_of(++b->nonce), .gas_price = u256_of(1), .gas = u256_of(1), .block_limit = u256_of(INT64_MAX),
                                 .chain_id = u256_of(1), .group_id = u256_of(1), .is_creation = to == NULL, .data = data};
    if (to)
        fields.to = *to;
    return transaction_sign(&b->rules, &fields, &key);
}

/* Takes over the transactions. */
static void commit(bench *b, transaction **txs, size_t count)
{
    ledger_tip tip = ledger_head(b->ledger);
    block *proposal = block_new();
    proposal->header.number = tip.number + 1;
    proposal->header.parent_hash = tip.hash;
    proposal->header.timestamp_ms = tip.timestamp_ms + 1000;
    block_set_transactions(proposal, txs, count);
    proposal->header.transactions_root = block_transactions_root(&b->rules, proposal);
    block_seal_hash(&b->rules, proposal);
    execution *e = NULL;
    error_text why;
    if (executor_run_block(ledger_executor(b->ledger), b->store, proposal, &(parent_block){tip.hash, tip.number, tip.state_root}, &e, &why) !=
            EXECUTE_OK ||
        ledger_commit(b->ledger, e, NULL, 0, &why) != COMMIT_OK)
        fail("block", why.text);
    if (count == 1 && txs[0]->is_creation)
        b->contract = execution_block(e)->receipts[0].contract_address;
    execution_drop(e);
    block_drop(proposal);
}

static void make_chain(bench *b, size_t blocks, size_t transactions)
{
    arena a = {0};
    bytes code;
    if (!hex_read_any(&a, bytes_of_text(code_hex), &code))
        fail("code", "no hex");
    transaction *create = sign(b, NULL, code);
    commit(b, &create, 1);
    transaction **txs = memory_new_array(transactions, sizeof *txs);
    for (size_t n = 1; n < blocks; n++) {
        for (size_t i = 0; i < transactions; i++) {
            uint8_t topic[32] = {[0] = n % 100 == 0 && i == 0 ? 0xaa : 0xbb};
            txs[i] = sign(b, &b->contract, bytes_of(topic, sizeof topic));
        }
        commit(b, txs, transactions);
    }
    free(txs);
    arena_reset(&a);
}

typedef struct {
    size_t logs;
    bool is_error;
    char start[200];
    sem_t done;
} asked;

static void take_answer(void *context, bytes answer)
{
    asked *a = context;
    snprintf(a->start, sizeof a->start, "%.*s", (int)(answer.size < 190 ? answer.size : 190), (const char *)answer.data);
    a->is_error = strstr(a->start, "\"error\"") != NULL;
    for (size_t i = 0; i + 10 < answer.size; i++)
        a->logs += memcmp(answer.data + i, "\"logIndex\"", 10) == 0;
    sem_post(&a->done);
}

static void search(bench *b, const char *what, const char *filter)
{
    char request[512];
    asked a = {0};
    sem_init(&a.done, 0, 0);
    snprintf(request, sizeof request, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_getLogs\",\"params\":[{\"fromBlock\":\"0x1\"%s}]}", filter);
    uint64_t begin = clock_steady_us();
    eth_http_service.start(b->service, &(http_asker){.path = "/"}, b->workers, bytes_of_text(request), take_answer, &a);
    while (sem_wait(&a.done) != 0)
        ;
    printf("%-44s %8.1f ms, %zu logs%s%s\n", what, (double)(clock_steady_us() - begin) / 1000, a.logs, a.is_error ? " " : "",
           a.is_error ? a.start : "");
    sem_destroy(&a.done);
}

static void decode_all(bench *b, size_t blocks)
{
    uint64_t begin = clock_steady_us();
    for (size_t n = 1; n <= blocks; n++)
        block_drop(ledger_block_by_number(b->ledger, (int64_t)n));
    printf("%-44s %8.1f ms\n", "every block decoded", (double)(clock_steady_us() - begin) / 1000);
}

int main(int argc, char **argv)
{
    size_t blocks = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000, transactions = argc > 2 ? strtoul(argv[2], NULL, 10) : 20;
    char folder[] = "/tmp/bench_eth_logs.XXXXXX", command[64];
    bench b = {0};
    if (mkdtemp(folder) == NULL)
        fail(folder, "cannot be made");
    open_chain(&b, folder);
    make_chain(&b, blocks, transactions);
    printf("%zu blocks of %zu transactions\n", blocks, transactions);
    search(&b, "rare topic, no bloom known", ",\"topics\":[\"0xaa00000000000000000000000000000000000000000000000000000000000000\"]");
    search(&b, "rare topic, blooms known", ",\"topics\":[\"0xaa00000000000000000000000000000000000000000000000000000000000000\"]");
    search(&b, "topic that no log has, blooms known", ",\"topics\":[\"0xcc00000000000000000000000000000000000000000000000000000000000000\"]");
    decode_all(&b, blocks);
    eth_service_free(b.service);
    worker_pool_free(b.workers);
    ledger_close(b.ledger);
    store_close(b.store);
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command) == 0 ? 0 : 1;
}
