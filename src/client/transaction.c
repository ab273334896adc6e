/* Transactions: signing, and following them to their receipts (spec/interfaces.md 4.10, spec/network.md 10.4). */
#include "base/memory.h"
#include "chain/status.h"
#include "chain/transaction.h"
#include "client/account.h"
#include "client/answers.h"
#include "client/inside.h"
#include "client/receipt.h"
#include "codec/hex.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

enum {
    BLOCK_LIMIT_AHEAD = 500,
    POLL_FIRST_MS = 3,       /* over HTTP a receipt is asked for, ever more slowly */
    POLL_LAST_MS = 250,
    START_AGAIN_MS = 1,      /* what fails at once is told from the loop, which looks after its connections in between */
    AGAIN_MS = 200           /* after a connection ended, before the transaction is sent to the next node */
};

/* ---- arguments ---- */

static bool read_address(const char *text, address *out, hanse_error *error)
{
    bytes digits = bytes_of_text(text ? text : "");
    if (bytes_start_with(digits, BYTES_OF_LITERAL("0x")))
        digits = bytes_from(digits, 2);
    return hex_read(digits, out->b, sizeof out->b) ||
           client_fail(error, HANSE_ERROR_USAGE, 0, "%.100s: an address is 0x and 40 hex digits", text ? text : "(none)");
}

static bool read_hex(arena *a, const char *text, bytes *out, hanse_error *error)
{
    size_t size = text ? strlen(text) : 0;
    if (size > 2 * (size_t)TRANSACTION_MAX_BYTES + 2)
        return client_fail(error, HANSE_ERROR_LIMIT, 0, "more than %d MiB", TRANSACTION_MAX_BYTES >> 20);
    *out = BYTES_EMPTY;
    return size == 0 || (size % 2 == 0 && hex_read_any(a, bytes_of_text(text), out)) ||
           client_fail(error, HANSE_ERROR_USAGE, 0, "%.40s: not pairs of hex digits", text);
}

/* ---- signing ---- */

static u256 random_nonce(void)
{
    uint8_t random[32];
    ssize_t got = getrandom(random, sizeof random, 0);
    assert(got == (ssize_t)sizeof random); /* so small a request is never cut short */
    (void)got;
    return u256_shift_right(u256_from_be(bytes_of(random, sizeof random)), 8); /* below 2^248: some SDKs want it so */
}

/* The height that the nodes told last; asked for when none did. */
static int64_t find_height(hanse_client *c, hanse_error *error)
{
    int64_t height = client_core_height(c->core, c->group);
    return height >= 0 ? height : hanse_block_number(c, error);
}

static transaction *sign(hanse_client *c, const hanse_account *account, const char *to, const char *data, hanse_error *error)
{
    client_chain chain = client_core_chain(c->core);
    if (account->suite != chain.rules.suite) {
        client_fail(error, HANSE_ERROR_USAGE, 0, "the account's key is for %s algorithms, the chain uses the %s ones", account->suite->name,
                    chain.rules.suite->name);
        return NULL;
    }
    transaction_fields fields = {.chain_id = chain.chain_id, .group_id = u256_of((uint64_t)c->group), .is_creation = to == NULL};
    arena a = {0};
    transaction *tx = NULL;
    int64_t height;
    if ((to == NULL || read_address(to, &fields.to, error)) && read_hex(&a, data, &fields.data, error) && (height = find_height(c, error)) >= 0) {
        fields.block_limit = u256_of((uint64_t)height + BLOCK_LIMIT_AHEAD);
        fields.gas_price = fields.gas = u256_of(300000000); /* carried, not used: the chain's limit counts */
        fields.nonce = random_nonce();
        tx = transaction_sign(&chain.rules, &fields, &account->secret);
        if (tx == NULL)
            client_fail(error, HANSE_ERROR_LIMIT, 0, "a transaction of more than %d MiB", TRANSACTION_MAX_BYTES >> 20);
    }
    arena_reset(&a);
    return tx;
}

static char *hex_copy(bytes data)
{
    char *text = memory_new(2 * data.size + 3);
    memcpy(text, "0x", 2);
    hex_write(data, text + 2);
    return text;
}

char *hanse_sign(hanse_client *client, const hanse_account *account, const char *to, const char *data, char **hash, hanse_error *error)
{
    transaction *tx = sign(client, account, to, data, error);
    if (tx == NULL)
        return NULL;
    char *text = hex_copy(tx->raw);
    if (hash)
        *hash = hex_copy(BYTES_OF_VALUE(tx->hash));
    transaction_drop(tx);
    client_succeed(error);
    return text;
}

/* ---- following ---- */

/* One transaction on its way. On the loop, but for its making. */
typedef struct client_transfer {
    client_task task;
    struct client_transfer *next, *previous;
    client_core *core;
    hanse_client *owner;
    int group;
    char *raw, *hash;
    uint64_t until_ms;
    unsigned pause_ms;
    size_t attempts;
    bool is_starting;        /* hanse_send_start has not returned */
    bool may_be_taken;       /* a node may have it: what another one says about it is not the last word */
    client_request *asking;
    uv_timer_t timer;
    hanse_receipt_done done;
    void *context;
} transfer;

static void free_transfer(transfer *t)
{
    atomic_fetch_sub(&t->core->under_way, 1);
    free(t->raw);
    free(t->hash);
    free(t);
}

static void on_closed(uv_handle_t *timer)
{
    free_transfer(timer->data);
}

static void finish(transfer *t, const hanse_receipt *receipt, const hanse_error *error)
{
    *(t->previous ? &t->previous->next : &t->core->transfers) = t->next;
    if (t->next)
        t->next->previous = t->previous;
    uv_timer_stop(&t->timer);
    t->done(t->context, t->hash, receipt, error);
    uv_close((uv_handle_t *)&t->timer, on_closed);
}

static void finish_with(transfer *t, hanse_receipt *receipt)
{
    hanse_error error = {0};
    if (receipt == NULL)
        client_fail(&error, HANSE_ERROR_PROTOCOL, 0, "transaction %s: the node's answer is no receipt", t->hash);
    finish(t, receipt, receipt ? NULL : &error);
    hanse_receipt_free(receipt);
}

static bool is_late(transfer *t)
{
    if (uv_now(&t->core->loop) < t->until_ms)
        return false;
    hanse_error error = {0};
    client_fail(&error, HANSE_ERROR_TIMEOUT, 0, "transaction %s has no receipt after %u ms; it may still be executed", t->hash,
                t->core->receipt_timeout_ms);
    finish(t, NULL, &error);
    return true;
}

static unsigned remaining_ms(const transfer *t, unsigned at_most)
{
    uint64_t now = uv_now(&t->core->loop);
    uint64_t left = t->until_ms > now ? t->until_ms - now : 1;
    return left < at_most ? (unsigned)left : at_most;
}

static void send_it(transfer *t);
static void poll_for_it(transfer *t);

static void on_send_timer(uv_timer_t *timer)
{
    transfer *t = timer->data;
    if (!is_late(t))
        send_it(t);
}

static void on_poll_timer(uv_timer_t *timer)
{
    transfer *t = timer->data;
    if (!is_late(t))
        poll_for_it(t);
}

static void send_again(transfer *t)
{
    uv_timer_start(&t->timer, on_send_timer, AGAIN_MS, 0);
}

static void poll_later(transfer *t)
{
    t->pause_ms = t->pause_ms ? t->pause_ms * 3 / 2 + 1 : POLL_FIRST_MS;
    if (t->pause_ms > POLL_LAST_MS)
        t->pause_ms = POLL_LAST_MS;
    uv_timer_start(&t->timer, on_poll_timer, t->pause_ms, 0);
}

static void ask(transfer *t, client_request *r, unsigned timeout_ms)
{
    r->group = t->group;
    r->timeout_ms = remaining_ms(t, timeout_ms);
    t->asking = r;
    client_request_start(r);
}

static void on_polled(client_request *r)
{
    transfer *t = r->context;
    t->asking = NULL;
    hanse_error error;
    json_t *result = client_rpc_result(r, &error);
    if (json_is_object(result)) {
        finish_with(t, client_receipt_new(result, t->hash));
        return;
    }
    if (result == NULL && error.kind == HANSE_ERROR_CONNECTION)
        send_again(t); /* it may have been lost with the node */
    else
        poll_later(t); /* null: not yet; an error: the node may be starting */
    json_decref(result);
}

static void poll_for_it(transfer *t)
{
    t->may_be_taken = true;
    ask(t, client_rpc_request(t->core, t->owner, "getTransactionReceipt", json_pack("[i,s]", t->group, t->hash), on_polled, t),
        t->core->timeout_ms);
}

/* What nodes say instead of a status when the transaction was not sent over the channel's protocol 3 (interfaces.md 4.10). */
static int status_of_refusal(const hanse_error *error)
{
    static const struct {
        const char *word;
        int status;
    } words[] = {
        {"OverGroupMemoryLimit", STATUS_OVER_GROUP_MEMORY_LIMIT},
        {"TransactionPoolIsFull", STATUS_TX_POOL_IS_FULL},
        {"TransactionAlreadyKown", STATUS_ALREADY_KNOWN},
        {"TransactionAlreadyInChain", STATUS_ALREADY_IN_CHAIN},
        {"NonceCheckFail", STATUS_NONCE_CHECK_FAIL},
        {"BlockLimitCheckFailed", STATUS_BLOCK_LIMIT_CHECK_FAIL},
        {"InvalidChainId", STATUS_INVALID_CHAIN_ID},
        {"InvalidGroupId", STATUS_INVALID_GROUP_ID},
        {"TransactionSubmitFailed", STATUS_TRANSACTION_REFUSED},
        {"NodeIsSyncing", STATUS_TRANSACTION_REFUSED},
    };
    for (size_t i = 0; error->kind == HANSE_ERROR_RPC && i < COUNT(words); i++)
        if (strstr(error->text, words[i].word))
            return words[i].status;
    return 0;
}

static void on_refused(transfer *t, const hanse_error *error)
{
    int status = status_of_refusal(error);
    if (t->may_be_taken)
        poll_later(t); /* an earlier node may be executing it: whoever is told of a refusal sends it anew */
    else if (status == 0)
        finish(t, NULL, error);
    else
        finish_with(t, client_receipt_refused(status, t->hash));
}

static void on_pushed(transfer *t, const client_request *r)
{
    hanse_receipt *receipt = client_receipt_new(client_answer_object(buffer_bytes(&r->answer)), t->hash);
    if (receipt && t->may_be_taken && client_receipt_is_refusal(receipt)) {
        hanse_receipt_free(receipt);
        poll_later(t);
        return;
    }
    finish_with(t, receipt);
}

static void on_sent(client_request *r)
{
    transfer *t = r->context;
    t->asking = NULL;
    if (t->is_starting) { /* it was not sent; should it fail once more, then done does not run within hanse_send_start */
        t->attempts = 0;
        uv_timer_start(&t->timer, on_send_timer, START_AGAIN_MS, 0);
        return;
    }
    t->may_be_taken |= r->was_repeated;
    if (r->error.kind == HANSE_ERROR_CONNECTION && (r->node || t->may_be_taken) && !t->core->stopping) {
        t->may_be_taken |= r->node != NULL;
        send_again(t);
        return;
    }
    if (r->error.kind == HANSE_ERROR_TIMEOUT) {
        if (!is_late(t))
            poll_for_it(t);
        return;
    }
    if (r->error.kind == HANSE_OK && r->answer_type == CHANNEL_RECEIPT) {
        on_pushed(t, r);
        return;
    }
    hanse_error error;
    json_t *result = client_rpc_result(r, &error);
    if (result) {
        t->may_be_taken = true;
        poll_later(t);
    } else {
        on_refused(t, &error);
    }
    json_decref(result);
}

static void send_it(transfer *t)
{
    client_request *r = client_rpc_request(t->core, t->owner, "sendRawTransaction", json_pack("[i,s]", t->group, t->raw), on_sent, t);
    r->wants_receipt = t->core->transport->has_pushes;
    t->attempts++;
    ask(t, r, r->wants_receipt ? t->core->receipt_timeout_ms : t->core->timeout_ms);
}

static void end_closed(transfer *t)
{
    hanse_error error = {0};
    if (t->attempts > 0)
        client_fail(&error, HANSE_ERROR_TIMEOUT, 0, "the client is being closed; transaction %s may still be executed", t->hash);
    else
        client_fail(&error, HANSE_ERROR_CONNECTION, 0, "the client is being closed; transaction %s was not sent", t->hash);
    finish(t, NULL, &error);
}

static void start(client_task *task)
{
    transfer *t = (transfer *)task;
    client_core *core = t->core;
    uv_timer_init(&core->loop, &t->timer);
    t->timer.data = t;
    t->until_ms = uv_now(&core->loop) + core->receipt_timeout_ms;
    t->next = core->transfers;
    if (t->next)
        t->next->previous = t;
    core->transfers = t;
    if (core->stopping) { /* it came just before the client was closed */
        end_closed(t);
        return;
    }
    t->is_starting = true;
    send_it(t);
    t->is_starting = false;
}

void client_transfers_drop(client_core *core, const hanse_client *owner)
{
    for (transfer *t = core->transfers, *next; t; t = next) {
        next = t->next;
        if (owner && t->owner != owner)
            continue;
        if (t->asking)
            t->asking->done = client_ignore;
        end_closed(t);
        next = core->transfers; /* its callback may have begun or ended others */
    }
}

/* ---- sending ---- */

static bool is_closing(const hanse_client *c)
{
    return c->core->stopping || c->is_closing;
}

/* Takes tx. */
static bool post_transfer(hanse_client *c, transaction *tx, hanse_receipt_done done, void *context, hanse_error *error)
{
    client_core *core = c->core;
    if (client_is_loop(core) && is_closing(c)) {
        transaction_drop(tx);
        return client_fail(error, HANSE_ERROR_CONNECTION, 0, "the client is being closed");
    }
    bool ok = atomic_fetch_add(&core->under_way, 1) < core->requests_max;
    if (!ok) {
        atomic_fetch_sub(&core->under_way, 1);
        client_fail(error, HANSE_ERROR_LIMIT, 0, "%zu requests are under way, which is the limit", core->requests_max);
    } else {
        transfer *t = memory_new(sizeof *t);
        *t = (transfer){.task = {.run = start}, .core = core, .owner = c, .group = c->group, .done = done, .context = context};
        t->raw = hex_copy(tx->raw);
        t->hash = hex_copy(BYTES_OF_VALUE(tx->hash));
        if (client_is_loop(core)) {
            start(&t->task);
        } else if (!client_post(core, &t->task)) {
            ok = client_fail(error, HANSE_ERROR_CONNECTION, 0, "the client is being closed");
            free_transfer(t);
        }
    }
    transaction_drop(tx);
    return ok;
}

char *hanse_send_start(hanse_client *client, const hanse_account *account, const char *to, const char *data, hanse_receipt_done done,
                       void *context, hanse_error *error)
{
    transaction *tx = sign(client, account, to, data, error);
    if (tx == NULL)
        return NULL;
    char *hash = hex_copy(BYTES_OF_VALUE(tx->hash));
    if (post_transfer(client, tx, done, context, error)) {
        client_succeed(error);
        return hash;
    }
    free(hash);
    return NULL;
}

typedef struct {
    client_core *core;
    pthread_cond_t done;
    bool is_done;
    hanse_receipt *receipt;
    hanse_error error;
} waiter;

static void wake_waiter(void *context, const char *hash, const hanse_receipt *receipt, const hanse_error *error)
{
    waiter *w = context;
    hanse_receipt *kept = receipt ? client_receipt_keep(receipt) : NULL;
    (void)hash;
    pthread_mutex_lock(&w->core->lock);
    w->receipt = kept;
    if (error)
        w->error = *error;
    w->is_done = true;
    pthread_cond_signal(&w->done);
    pthread_mutex_unlock(&w->core->lock);
}

/* Takes tx, which may be NULL: the reason is told already. */
static hanse_receipt *send_and_wait(hanse_client *client, transaction *tx, hanse_error *error)
{
    if (tx == NULL)
        return NULL;
    if (client_is_loop(client->core)) {
        transaction_drop(tx);
        client_fail(error, HANSE_ERROR_USAGE, 0, "this function waits: it cannot be called from a callback");
        return NULL;
    }
    waiter w = {.core = client->core};
    pthread_cond_init(&w.done, NULL);
    client_wait_begins(w.core);
    bool ok = post_transfer(client, tx, wake_waiter, &w, error);
    client_wait_ends(w.core, &w.done, ok ? &w.is_done : &(bool){true});
    if (ok && error)
        *error = w.error;
    pthread_cond_destroy(&w.done);
    return w.receipt;
}

hanse_receipt *hanse_send(hanse_client *client, const hanse_account *account, const char *to, const char *data, hanse_error *error)
{
    return send_and_wait(client, sign(client, account, to, data, error), error);
}

hanse_receipt *hanse_send_raw(hanse_client *client, const char *signed_transaction, hanse_error *error)
{
    client_chain chain = client_core_chain(client->core);
    arena a = {0};
    bytes raw;
    error_text why = {""};
    transaction *tx = NULL;
    if (read_hex(&a, signed_transaction, &raw, error)) {
        tx = transaction_decode(&chain.rules, raw, TX_CHECK_NOTHING, NULL, &why);
        if (tx == NULL)
            client_fail(error, HANSE_ERROR_USAGE, 0, "not a transaction: %s", why.text);
    }
    arena_reset(&a);
    return send_and_wait(client, tx, error);
}

/* ---- calls ---- */

/* QUIRK: a call from the zero address is not executed (execution.md section 11). */
#define NOBODY "0x0000000000000000000000000000000000000001"

char *hanse_call(hanse_client *client, const char *from, const char *to, const char *data, int *status, hanse_error *error)
{
    address checked;
    if (!read_address(to, &checked, error) || (from && !read_address(from, &checked, error)))
        return NULL;
    json_t *request = json_pack("{s:s, s:s, s:s}", "from", from ? from : NOBODY, "to", to, "data",
                                data ? data : "0x");
    if (request == NULL) {
        client_fail(error, HANSE_ERROR_USAGE, 0, "the data is not pairs of hex digits");
        return NULL;
    }
    json_t *result = client_rpc_call(client, NULL, "call", json_pack("[i,o]", client->group, request), error);
    if (result == NULL)
        return NULL;
    int64_t code;
    const char *output = json_string_value(json_object_get(result, "output"));
    char *copy = NULL;
    if (output && client_quantity(json_object_get(result, "status"), &code) && code <= INT32_MAX) {
        copy = memory_copy_text(output);
        if (status)
            *status = (int)code;
    } else {
        client_fail(error, HANSE_ERROR_PROTOCOL, 0, "call: the answer has no status or output");
    }
    json_decref(result);
    return copy;
}
