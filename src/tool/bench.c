/* hanse bench: how fast a chain is: many transactions over many connections, or single ones on an idle chain. */
#include "base/clock.h"
#include "base/memory.h"
#include "codec/hex.h"
#include "tool/tool.h"
#include "tool/tx_session.h"

#include <assert.h>
#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    BENCH_TXS_MAX = 1000000,
    BENCH_CONNECTIONS_MAX = 1000,
    BENCH_NODES_MAX = 100,
    COUNT_POLL_MS = 5,
    COMMIT_WAIT_MS = 120000,
    SINGLE_PAUSE_MS = 700, /* longer than a chain waits between two blocks: it is idle */
    SINGLE_POLL_US = 500
};

typedef struct {
    tx_session s;
    unsigned long txs, connections, singles;
    const char *nodes[BENCH_NODES_MAX];
    size_t node_count;
    chain_rules rules;
    transaction_fields fields;
    account_key key;
} bench;

/* ---- many ---- */

typedef struct {
    const bench *b;
    const char *node;
    size_t count;            /* of transactions */
    pthread_barrier_t *start; /* passed twice: all are signed; go */
    pthread_t thread;
    size_t refused;
    error_text why;          /* of the first that was refused, or of a connection that failed */
} sender;

/* The JSON-RPC request that sends one more transaction of the same content; from malloc. */
static char *make_request(const bench *b)
{
    transaction_fields fields = b->fields;
    tx_random_nonce(&fields.nonce);
    transaction *tx = transaction_sign(&b->rules, &fields, &b->key.secret);
    arena a = {0};
    const char *text = arena_print(&a, "{\"jsonrpc\":\"2.0\",\"method\":\"sendRawTransaction\",\"params\":[%u,\"0x%s\"],\"id\":1}",
                                   b->s.group, hex_text(&a, tx->raw));
    char *copy = memory_copy_text(text);
    arena_reset(&a);
    transaction_drop(tx);
    return copy;
}

static bool is_refusal(bytes answer)
{
    static const char word[] = "\"error\"";
    return memmem(answer.data, answer.size, word, sizeof word - 1) != NULL;
}

static void send_all_of(sender *me, rpc_client *client, char **requests)
{
    for (size_t i = 0; i < me->count; i++) {
        bytes answer;
        error_text why;
        if (!rpc_client_post(client, requests[i], &answer, &why)) {
            me->why = why;
            me->refused += me->count - i;
            return;
        }
        if (is_refusal(answer) && me->refused++ == 0)
            error_set(&me->why, "%.*s", (int)answer.size, (const char *)answer.data);
    }
}

static void *run_sender(void *argument)
{
    sender *me = argument;
    char **requests = memory_new_array(me->count ? me->count : 1, sizeof *requests);
    for (size_t i = 0; i < me->count; i++)
        requests[i] = make_request(me->b);
    rpc_client *client = rpc_client_new(me->node, TX_SESSION_RPC_MS);
    pthread_barrier_wait(me->start);
    pthread_barrier_wait(me->start);
    send_all_of(me, client, requests);
    rpc_client_free(client);
    for (size_t i = 0; i < me->count; i++)
        free(requests[i]);
    free(requests);
    return NULL;
}

static bool ask_count(bench *b, unsigned long long *out)
{
    json_t *count = rpc_client_call(b->s.client, "getTotalTransactionCount", json_pack("[i]", (int)b->s.group), NULL, &b->s.why);
    const char *text = json_string_value(json_object_get(count, "txSum"));
    *out = text ? strtoull(text, NULL, 0) : 0;
    json_decref(count);
    return text != NULL;
}

static bool wait_for_count(bench *b, unsigned long long wanted)
{
    uint64_t until = clock_steady_ms() + COMMIT_WAIT_MS;
    unsigned long long count = 0;
    while (ask_count(b, &count)) {
        if (count >= wanted)
            return true;
        if (clock_steady_ms() >= until)
            return error_set(&b->s.why, "only %llu of %llu transactions are in blocks after %d s", count, wanted, COMMIT_WAIT_MS / 1000);
        usleep(COUNT_POLL_MS * 1000);
    }
    return false;
}

static size_t join_senders(bench *b, sender *senders)
{
    size_t refused = 0;
    for (size_t i = 0; i < b->connections; i++) {
        pthread_join(senders[i].thread, NULL);
        if (senders[i].refused && refused == 0)
            fprintf(stderr, "%zu refused on one connection, the first: %s\n", senders[i].refused, senders[i].why.text);
        refused += senders[i].refused;
    }
    return refused;
}

static bool run_many(bench *b)
{
    sender *senders = memory_new_array(b->connections, sizeof *senders);
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, (unsigned)b->connections + 1);
    for (size_t i = 0; i < b->connections; i++) {
        senders[i] = (sender){.b = b,
                              .node = b->nodes[i % b->node_count],
                              .count = b->txs / b->connections + (i < b->txs % b->connections),
                              .start = &start};
        int failed = pthread_create(&senders[i].thread, NULL, run_sender, &senders[i]);
        assert(!failed);
    }
    uint64_t signing_us = clock_steady_us();
    pthread_barrier_wait(&start);
    signing_us = clock_steady_us() - signing_us;
    unsigned long long before = 0;
    bool ok = ask_count(b, &before);
    uint64_t began_us = clock_steady_us();
    pthread_barrier_wait(&start);
    size_t refused = join_senders(b, senders);
    uint64_t sent_us = clock_steady_us() - began_us;
    ok = ok && wait_for_count(b, before + b->txs - refused);
    uint64_t took_us = clock_steady_us() - began_us;
    pthread_barrier_destroy(&start);
    free(senders);
    if (ok)
        printf("transactions %lu, refused %zu, connections %lu, nodes %zu\n"
               "signed in    %.2f s\nsent in      %.2f s\nin blocks in %.2f s\nTPS          %.0f\n",
               b->txs, refused, b->connections, b->node_count, (double)signing_us / 1e6, (double)sent_us / 1e6, (double)took_us / 1e6,
               (double)(b->txs - refused) * 1e6 / (double)took_us);
    return ok && refused == 0;
}

/* ---- single ones ---- */

static bool time_one(bench *b, double *ms)
{
    char *request = make_request(b);
    bytes answer;
    uint64_t began_us = clock_steady_us();
    bool ok = rpc_client_post(b->s.client, request, &answer, &b->s.why);
    free(request);
    json_error_t ignored;
    json_t *sent = ok ? json_loadb((const char *)answer.data, answer.size, 0, &ignored) : NULL;
    const char *hash = json_string_value(json_object_get(sent, "result"));
    if (ok && hash == NULL)
        error_set(&b->s.why, "%.*s", (int)answer.size, (const char *)answer.data);
    json_t *receipt = NULL;
    while (hash && clock_steady_us() - began_us < COMMIT_WAIT_MS * 1000ull) {
        receipt = rpc_client_call(b->s.client, "getTransactionReceipt", json_pack("[i,s]", (int)b->s.group, hash), NULL, &b->s.why);
        if (receipt == NULL || !json_is_null(receipt))
            break;
        json_decref(receipt);
        receipt = NULL;
        usleep(SINGLE_POLL_US);
    }
    *ms = (double)(clock_steady_us() - began_us) / 1000;
    ok = receipt != NULL;
    json_decref(receipt);
    json_decref(sent);
    return ok;
}

static int compare_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool run_single(bench *b)
{
    double *ms = memory_new_array(b->singles, sizeof *ms);
    bool ok = true;
    for (size_t i = 0; ok && i < b->singles; i++) {
        usleep(SINGLE_PAUSE_MS * 1000);
        ok = tx_ask_chain(&b->s, &b->rules, &b->fields) && time_one(b, &ms[i]);
    }
    if (ok) {
        qsort(ms, b->singles, sizeof *ms, compare_double);
        printf("transactions %lu, one at a time, %d ms apart\n"
               "to receipt   median %.1f ms, 90 %% %.1f ms, fastest %.1f ms, slowest %.1f ms\n",
               b->singles, SINGLE_PAUSE_MS, ms[b->singles / 2], ms[b->singles * 9 / 10], ms[0], ms[b->singles - 1]);
    }
    free(ms);
    return ok;
}

/* ---- command line ---- */

static bool take_number(const char *text, unsigned long max, unsigned long *out)
{
    char *end;
    *out = strtoul(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && *out >= 1 && *out <= max;
}

/* --rpc HOST:PORT,...: the first is asked for counts and receipts. */
static bool split_nodes(bench *b)
{
    char *rest = arena_copy_text(&b->s.memory, bytes_of_text(b->s.rpc));
    for (char *part; (part = strsep(&rest, ","));) {
        if (b->node_count == BENCH_NODES_MAX)
            return false;
        b->nodes[b->node_count++] = part;
    }
    b->s.rpc = b->nodes[0];
    return true;
}

static bool read_bench_options(bench *b, int argc, char **argv)
{
    static const struct option options[] = {
        TX_SESSION_OPTIONS,
        {"txs", required_argument, NULL, 'n'},
        {"connections", required_argument, NULL, 'c'},
        {"single", required_argument, NULL, 's'},
        {0},
    };
    *b = (bench){.s = tx_session_default, .txs = 10000, .connections = 64};
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
        bool ok = option == 'n'   ? take_number(optarg, BENCH_TXS_MAX, &b->txs)
                  : option == 'c' ? take_number(optarg, BENCH_CONNECTIONS_MAX, &b->connections)
                  : option == 's' ? take_number(optarg, BENCH_TXS_MAX, &b->singles)
                                  : tx_take_option(&b->s, option, optarg);
        if (!ok)
            return false;
    }
    return split_nodes(b);
}

static int run_bench(int argc, char **argv)
{
    bench b;
    if (!read_bench_options(&b, argc, argv)) {
        arena_reset(&b.s.memory);
        return tool_misused(&tool_bench, "unknown option, or a number out of range");
    }
    b.s.client = rpc_client_new(b.s.rpc, TX_SESSION_RPC_MS);
    const abi_entry *entry;
    bool ok = tx_read_contract(&b.s) && tx_read_target(&b.s, &b.fields.to) && tx_read_key(&b.s, &b.key) &&
              tx_encode_method(&b.s, argv + optind, (size_t)(argc - optind), &entry, &b.fields.data) &&
              tx_ask_chain(&b.s, &b.rules, &b.fields) && (b.singles ? run_single(&b) : run_many(&b));
    secret_key_wipe(&b.key.secret);
    rpc_client_free(b.s.client);
    arena_reset(&b.s.memory);
    if (!ok)
        return b.s.why.text[0] ? tool_fail("bench", "%s", b.s.why.text) : 1;
    return 0;
}

const tool tool_bench = {
    .name = "bench",
    .summary = "measure how fast a chain takes transactions",
    .usage = "usage: hanse bench --abi FILE --to ADDRESS --key FILE [OPTIONS] METHOD [ARGUMENTS]\n\n"
             "Signs N transactions that all run METHOD, sends them over C connections at once, and waits until all are in blocks.\n\n"
             "  --txs N           default 10000\n"
             "  --connections C   default 64\n"
             "  --single N        instead: N transactions, one at a time on an idle chain; the time from sending to the receipt\n"
             "  --rpc LIST        HOST:PORT,... connections are spread over the nodes; default 127.0.0.1:8545\n"
             "  --group N         default 1\n"
             "  --key FILE        who sends (hanse account new); HANSE_KEY names it too\n\n"
             "Options stand before METHOD. The exit status is 0 when every transaction was taken.\n",
    .run = run_bench,
};
