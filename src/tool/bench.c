/* hanse bench: how fast a chain is: many transactions over many connections, or single ones on an idle chain. */
#include "base/clock.h"
#include "base/memory.h"
#include "client/burst.h"
#include "tool/tool.h"
#include "tool/tx_session.h"

#include <assert.h>
#include <getopt.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    BENCH_TXS_MAX = 1000000,
    BENCH_CONNECTIONS_MAX = CLIENT_BURST_WINDOW_MAX,
    BENCH_SIGNERS = 4,
    COUNT_POLL_MS = 5,
    COMMIT_WAIT_MS = 120000,
    SINGLE_PAUSE_MS = 700, /* longer than a chain waits between two blocks: it is idle */
    SINGLE_POLL_US = 500
};

typedef struct {
    tx_session s;
    uint64_t txs, connections, singles;
    char *data; /* of every transaction */
} bench;

static bool complain(bench *b, const char *text)
{
    snprintf(b->s.error.text, sizeof b->s.error.text, "%s", text);
    return false;
}

/* The JSON-RPC request that sends one more transaction of the same content; from malloc. NULL: it cannot be signed. */
static char *make_request(const bench *b, hanse_error *error)
{
    char *raw = hanse_sign(b->s.client, b->s.account, b->s.to, b->data, NULL, error);
    char *text = NULL;
    if (raw && asprintf(&text, "{\"jsonrpc\":\"2.0\",\"method\":\"sendRawTransaction\",\"params\":[%d,\"%s\"],\"id\":1}", b->s.group, raw) < 0)
        text = NULL;
    hanse_free(raw);
    return text;
}

/* ---- many ---- */

typedef struct {
    const bench *b;
    char **requests; /* its share: count of them */
    size_t count;
    pthread_t thread;
    hanse_error error;
} signer;

static void *run_signer(void *argument)
{
    signer *me = argument;
    for (size_t i = 0; i < me->count && me->error.kind == HANSE_OK; i++)
        me->requests[i] = make_request(me->b, &me->error);
    return NULL;
}

static bool sign_all(bench *b, char **requests)
{
    signer signers[BENCH_SIGNERS];
    size_t begun = 0;
    for (size_t i = 0; i < BENCH_SIGNERS; i++) {
        size_t count = b->txs / BENCH_SIGNERS + (i < b->txs % BENCH_SIGNERS);
        signers[i] = (signer){.b = b, .requests = requests + begun, .count = count};
        begun += count;
        int failed = pthread_create(&signers[i].thread, NULL, run_signer, &signers[i]);
        assert(!failed);
    }
    bool ok = true;
    for (size_t i = 0; i < BENCH_SIGNERS; i++) {
        pthread_join(signers[i].thread, NULL);
        if (signers[i].error.kind != HANSE_OK)
            ok = complain(b, signers[i].error.text);
    }
    return ok;
}

/* The result of a method, a JSON value; NULL: the reason is in the session. */
static json_t *ask(bench *b, const char *method, const char *params)
{
    json_error_t ignored;
    char *text = hanse_rpc(b->s.client, method, params, &b->s.error);
    json_t *result = text ? json_loads(text, JSON_DECODE_ANY, &ignored) : NULL;
    hanse_free(text);
    return result;
}

static bool ask_count(bench *b, unsigned long long *out)
{
    char params[16];
    snprintf(params, sizeof params, "[%d]", b->s.group);
    json_t *count = ask(b, "getTotalTransactionCount", params);
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
        if (clock_steady_ms() >= until) {
            snprintf(b->s.error.text, sizeof b->s.error.text, "only %llu of %llu transactions are in blocks after %d s", count, wanted,
                     COMMIT_WAIT_MS / 1000);
            return false;
        }
        usleep(COUNT_POLL_MS * 1000);
    }
    return false;
}

static bool send_all(bench *b, char *const *requests, uint64_t signing_us)
{
    client_burst burst = {.bodies = (const char *const *)requests, .count = b->txs, .window = b->connections};
    unsigned long long before = 0;
    if (!ask_count(b, &before))
        return false;
    uint64_t began_us = clock_steady_us();
    client_burst_run(b->s.client, &burst);
    uint64_t sent_us = clock_steady_us() - began_us;
    if (burst.refused)
        fprintf(stderr, "%zu refused, the first: %s\n", burst.refused, burst.first_refusal);
    if (!wait_for_count(b, before + b->txs - burst.refused))
        return false;
    uint64_t took_us = clock_steady_us() - began_us;
    printf("transactions %lu, refused %zu, connections %lu, nodes %zu\n"
           "signed in    %.2f s\nsent in      %.2f s\nin blocks in %.2f s\nTPS          %.0f\n",
           b->txs, burst.refused, b->connections, b->s.node_count, (double)signing_us / 1e6, (double)sent_us / 1e6, (double)took_us / 1e6,
           (double)(b->txs - burst.refused) * 1e6 / (double)took_us);
    return burst.refused == 0;
}

static bool run_many(bench *b)
{
    char **requests = memory_new_array(b->txs, sizeof *requests);
    uint64_t signing_us = clock_steady_us();
    bool ok = sign_all(b, requests);
    signing_us = clock_steady_us() - signing_us;
    ok = ok && send_all(b, requests, signing_us);
    for (size_t i = 0; i < b->txs; i++)
        free(requests[i]);
    free(requests);
    return ok;
}

/* ---- single ones ---- */

/* Asked for more often than hanse_send does: the time is what is measured. */
static json_t *poll_for_receipt(bench *b, const char *hash, uint64_t until_us)
{
    char params[128];
    snprintf(params, sizeof params, "[%d,\"%s\"]", b->s.group, hash);
    while (clock_steady_us() < until_us) {
        json_t *receipt = ask(b, "getTransactionReceipt", params);
        if (receipt == NULL || !json_is_null(receipt))
            return receipt;
        json_decref(receipt);
        usleep(SINGLE_POLL_US);
    }
    complain(b, "no receipt in time");
    return NULL;
}

/* Over the channel port the node pushes the receipt. */
static bool time_pushed(bench *b, double *ms)
{
    uint64_t began_us = clock_steady_us();
    hanse_receipt *receipt = hanse_send(b->s.client, b->s.account, b->s.to, b->data, &b->s.error);
    *ms = (double)(clock_steady_us() - began_us) / 1000;
    bool ok = receipt && (hanse_receipt_status(receipt) == 0 || complain(b, hanse_receipt_status_text(receipt)));
    hanse_receipt_free(receipt);
    return ok;
}

static bool time_polled(bench *b, double *ms)
{
    char *hash = NULL, *raw = hanse_sign(b->s.client, b->s.account, b->s.to, b->data, &hash, &b->s.error), *params = NULL;
    bool ok = raw && asprintf(&params, "[%d,\"%s\"]", b->s.group, raw) > 0;
    uint64_t began_us = clock_steady_us();
    json_t *sent = ok ? ask(b, "sendRawTransaction", params) : NULL;
    json_t *receipt = sent ? poll_for_receipt(b, hash, began_us + COMMIT_WAIT_MS * 1000ull) : NULL;
    *ms = (double)(clock_steady_us() - began_us) / 1000;
    const char *status = json_string_value(json_object_get(receipt, "status"));
    ok = receipt && ((status && strcmp(status, "0x0") == 0) || complain(b, "a transaction was not executed"));
    json_decref(receipt);
    json_decref(sent);
    free(params);
    hanse_free(raw);
    hanse_free(hash);
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
        ok = b->s.node ? time_pushed(b, &ms[i]) : time_polled(b, &ms[i]);
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

static bool read_bench_options(bench *b, int argc, char **argv)
{
    static const struct option options[] = {
        TX_SESSION_OPTIONS,
        {"txs", required_argument, NULL, 'x'},
        {"connections", required_argument, NULL, 'c'},
        {"single", required_argument, NULL, 's'},
        {0},
    };
    *b = (bench){.s = {.group = 1}, .txs = 10000, .connections = 64};
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
        bool ok = option == 'x'   ? tool_read_number(optarg, 1, BENCH_TXS_MAX, &b->txs)
                  : option == 'c' ? tool_read_number(optarg, 1, BENCH_CONNECTIONS_MAX, &b->connections)
                  : option == 's' ? tool_read_number(optarg, 1, BENCH_TXS_MAX, &b->singles)
                                  : tx_take_option(&b->s, option, optarg);
        if (!ok)
            return false;
    }
    return b->s.node == NULL || b->singles; /* many: over JSON-RPC alone */
}

static bool prepare(bench *b, const char *const *arguments, size_t count)
{
    if (!tx_open(&b->s) || !tx_read_contract(&b->s) || !tx_check_target(&b->s) || !tx_read_key(&b->s))
        return false;
    b->data = count ? hanse_abi_encode_call(b->s.abi, arguments[0], arguments + 1, count - 1, &b->s.error) : NULL;
    return b->data || count || complain(b, "say which method to run");
}

static int run_bench(int argc, char **argv)
{
    bench b;
    if (!read_bench_options(&b, argc, argv))
        return tool_misused(&tool_bench, "an option is not known, or its value does not fit; --node goes with --single");
    bool ok = prepare(&b, (const char *const *)argv + optind, (size_t)(argc - optind)) && (b.singles ? run_single(&b) : run_many(&b));
    hanse_free(b.data);
    tx_close(&b.s);
    if (!ok)
        return b.s.error.text[0] ? tool_fail("bench", "%s", b.s.error.text) : 1;
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
             "  --node LIST       for --single: their channel ports instead, which push receipts\n"
             "  --sdk FOLDER      for --node: ca.crt, sdk.crt, sdk.key; default nodes/127.0.0.1/sdk\n"
             "  --group N         default 1\n"
             "  --key FILE        who sends (hanse account new); HANSE_KEY names it too\n\n"
             "Options stand before METHOD. The exit status is 0 when every transaction was taken.\n",
    .run = run_bench,
};
