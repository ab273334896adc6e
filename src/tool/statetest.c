#include "tool/statetest.h"

#include "codec/hex.h"
#include "tool/eth_transaction.h"

#include <jansson.h>

static const eth_fork *const forks[] = {&eth_petersburg, &eth_istanbul};

bool statetest_knows(const char *fork)
{
    for (size_t i = 0; i < COUNT(forks); i++)
        if (strcmp(forks[i]->name, fork) == 0)
            return true;
    return false;
}

/* Values of the format: texts of 0x and hexadecimal digits. */

static bool find_member(const json_t *object, const char *key, const json_t **out, error_text *why)
{
    *out = json_object_get(object, key);
    return *out != NULL || error_set(why, "%s is missing", key);
}

static bool read_bytes(arena *a, const json_t *text, bytes *out, error_text *why)
{
    if (!json_is_string(text))
        return error_set(why, "expected a text of hexadecimal digits");
    return hex_read_any(a, bytes_of(json_string_value(text), json_string_length(text)), out) ||
           error_set(why, "not hexadecimal: %.80s", json_string_value(text));
}

/* false: no number of 256 bits. *is_too_large tells numbers beyond, some of which the format marks with a prefix. */
static bool read_big_number(arena *a, const json_t *text, u256 *out, bool *is_too_large, error_text *why)
{
    static const bytes prefix = {(const uint8_t *)"0x:bigint ", 10};
    bytes digits = json_is_string(text) ? bytes_of(json_string_value(text), json_string_length(text)) : BYTES_EMPTY, number;
    if (bytes_start_with(digits, prefix))
        digits = bytes_from(digits, prefix.size);
    *is_too_large = false;
    if (digits.size == 0 || !hex_read_any(a, digits, &number))
        return error_set(why, "not a hexadecimal number: %.80s", json_is_string(text) ? json_string_value(text) : "no text");
    while (number.size && number.data[0] == 0)
        number = bytes_from(number, 1);
    *is_too_large = number.size > 32;
    *out = u256_from_be(number);
    return !*is_too_large || error_set(why, "beyond 256 bits: %.80s", json_string_value(text));
}

static bool read_number(arena *a, const json_t *text, u256 *out, error_text *why)
{
    bool is_too_large;
    return read_big_number(a, text, out, &is_too_large, why);
}

static bool read_u64(arena *a, const json_t *text, uint64_t *out, error_text *why)
{
    u256 number;
    if (!read_number(a, text, &number, why))
        return false;
    *out = number.limb[0];
    return u256_fits_u64(number) || error_set(why, "beyond 64 bits: %.80s", json_string_value(text));
}

static bool read_i64(arena *a, const json_t *text, int64_t *out, error_text *why)
{
    uint64_t number;
    if (!read_u64(a, text, &number, why))
        return false;
    *out = (int64_t)number;
    return number <= INT64_MAX || error_set(why, "beyond 63 bits: %.80s", json_string_value(text));
}

static bool read_exact(arena *a, bytes text, void *out, size_t size, error_text *why)
{
    bytes value;
    if (!hex_read_any(a, text, &value) || value.size != size)
        return error_set(why, "expected %zu bytes: %.*s", size, (int)(text.size < 80 ? text.size : 80), (const char *)text.data);
    memcpy(out, value.data, size);
    return true;
}

static bool read_fixed(arena *a, const json_t *text, void *out, size_t size, error_text *why)
{
    if (!json_is_string(text))
        return error_set(why, "expected %zu bytes", size);
    return read_exact(a, bytes_of(json_string_value(text), json_string_length(text)), out, size, why);
}

/* One member: the reader's complaint gets its name. */
#define READ(object, key, reader, ...)                                                                                 \
    do {                                                                                                               \
        const json_t *member;                                                                                          \
        if (!find_member((object), (key), &member, why))                                                               \
            return false;                                                                                              \
        if (!reader(a, member, __VA_ARGS__, why)) {                                                                    \
            error_prefix(why, "%s", (key));                                                                            \
            return false;                                                                                              \
        }                                                                                                              \
    } while (0)

static bool read_block(arena *a, const json_t *env, eth_block *out, error_text *why)
{
    READ(env, "currentCoinbase", read_fixed, &out->coinbase, sizeof out->coinbase);
    READ(env, "currentDifficulty", read_number, &out->difficulty);
    READ(env, "currentGasLimit", read_number, &out->gas_limit);
    READ(env, "currentNumber", read_i64, &out->number);
    READ(env, "currentTimestamp", read_i64, &out->timestamp);
    return true;
}

static bool put_account(arena *a, eth_world *w, const address *who, const json_t *account, error_text *why)
{
    uint64_t nonce;
    u256 balance;
    bytes code;
    const json_t *storage;
    READ(account, "nonce", read_u64, &nonce);
    READ(account, "balance", read_number, &balance);
    READ(account, "code", read_bytes, &code);
    if (!find_member(account, "storage", &storage, why))
        return false;
    eth_world_put_account(w, who, nonce, balance, code);
    const char *key;
    json_t *text;
    json_object_foreach((json_t *)storage, key, text)
    {
        bytes slot;
        u256 value;
        if (!hex_read_any(a, bytes_of_text(key), &slot) || slot.size > 32)
            return error_set(why, "not a slot: %.80s", key);
        if (!read_number(a, text, &value, why))
            return false;
        eth_world_put_slot(w, who, u256_from_be(slot), value);
    }
    return true;
}

static bool put_accounts(arena *a, eth_world *w, const json_t *pre, error_text *why)
{
    const char *key;
    json_t *account;
    json_object_foreach((json_t *)pre, key, account)
    {
        address who;
        if (!read_exact(a, bytes_of_text(key), &who, sizeof who, why) || !put_account(a, w, &who, account, why)) {
            error_prefix(why, "pre %.80s", key);
            return false;
        }
    }
    return true;
}

/* Which of the transaction's data, gas limits and values a result is for. */
typedef struct {
    size_t data, gas, value;
} choice;

static bool choose(const json_t *transaction, const char *key, size_t index, const json_t **out, error_text *why)
{
    const json_t *list;
    if (!find_member(transaction, key, &list, why))
        return false;
    *out = json_array_get(list, index);
    return *out != NULL || error_set(why, "%s has no item %zu", key, index);
}

static bool read_sender(arena *a, const json_t *transaction, address *out, error_text *why)
{
    secret_key secret;
    public_key key;
    address said;
    READ(transaction, "secretKey", read_fixed, &secret, sizeof secret);
    if (!crypto_standard.public_of(&secret, &key))
        return error_set(why, "secretKey is none");
    *out = address_of_key(&crypto_standard, &key);
    if (json_object_get(transaction, "sender") == NULL)
        return true;
    READ(transaction, "sender", read_fixed, &said, sizeof said);
    return memcmp(&said, out, sizeof said) == 0 || error_set(why, "sender is not that of secretKey");
}

/* A transaction that could not even be written down in the forks run here. NULL: it could. */
static const char *why_no_transaction(const json_t *transaction, const choice *which)
{
    const json_t *access_list = json_array_get(json_object_get(transaction, "accessLists"), which->data);
    if (access_list && !json_is_null(access_list))
        return "it has an access list (EIP-2930)";
    if (json_object_get(transaction, "maxFeePerGas"))
        return "it has a fee market's fees (EIP-1559)";
    return NULL;
}

/* *refusal: not NULL when there is no such transaction; the rest is not set then. */
static bool read_transaction(arena *a, const json_t *transaction, const choice *which, eth_transaction *out,
                             const char **refusal, error_text *why)
{
    const json_t *data, *gas, *value;
    bool is_too_large;
    *out = (eth_transaction){0};
    *refusal = why_no_transaction(transaction, which);
    if (*refusal)
        return true;
    if (!choose(transaction, "data", which->data, &data, why) || !choose(transaction, "gasLimit", which->gas, &gas, why) ||
        !choose(transaction, "value", which->value, &value, why))
        return false;
    if (!read_bytes(a, data, &out->data, why) || !read_number(a, gas, &out->gas_limit, why))
        return false;
    if (!read_big_number(a, value, &out->value, &is_too_large, why)) {
        *refusal = is_too_large ? "its value is beyond 256 bits" : NULL;
        return is_too_large;
    }
    READ(transaction, "gasPrice", read_number, &out->gas_price);
    READ(transaction, "nonce", read_u64, &out->nonce);
    const json_t *to = json_object_get(transaction, "to");
    out->is_creation = to == NULL || (json_is_string(to) && json_string_length(to) == 0);
    if (!out->is_creation)
        READ(transaction, "to", read_fixed, &out->to, sizeof out->to);
    return read_sender(a, transaction, &out->sender, why);
}

/* One result of one fork. */

typedef struct {
    choice which;
    hash256 root, logs;
    bool is_refused;
} expectation;

static bool read_index(const json_t *indexes, const char *key, size_t *out, error_text *why)
{
    const json_t *index = json_object_get(indexes, key);
    if (!json_is_integer(index) || json_integer_value(index) < 0)
        return error_set(why, "indexes: no %s", key);
    *out = (size_t)json_integer_value(index);
    return true;
}

static bool read_expectation(arena *a, const json_t *entry, expectation *out, error_text *why)
{
    const json_t *indexes;
    READ(entry, "hash", read_fixed, &out->root, sizeof out->root);
    READ(entry, "logs", read_fixed, &out->logs, sizeof out->logs);
    out->is_refused = json_object_get(entry, "expectException") != NULL;
    return find_member(entry, "indexes", &indexes, why) && read_index(indexes, "data", &out->which.data, why) &&
           read_index(indexes, "gas", &out->which.gas, why) && read_index(indexes, "value", &out->which.value, why);
}

/* Where a line is about. */
typedef struct {
    const char *document, *test, *fork;
    choice which;
} place;

static void print_place(FILE *out, const char *verdict, const place *p)
{
    fprintf(out, "%s %s %s %s data %zu gas %zu value %zu", verdict, p->document, p->test, p->fork, p->which.data, p->which.gas,
            p->which.value);
}

static void print_hashes(FILE *out, const char *what, const hash256 *expected, const hash256 *found)
{
    arena a = {0};
    fprintf(out, ", %s: expected 0x%s, found 0x%s", what, hex_text(&a, BYTES_OF_VALUE(*expected)),
            hex_text(&a, BYTES_OF_VALUE(*found)));
    arena_reset(&a);
}

typedef struct {
    bool is_refused;
    const char *refusal;
    hash256 root, logs;
    uint64_t gas_used;
} finding;

static void judge(statetest *t, const place *p, const expectation *expected, const finding *found)
{
    bool same_end = expected->is_refused == found->is_refused, same_root = hash256_equal(&expected->root, &found->root),
         same_logs = hash256_equal(&expected->logs, &found->logs);
    if (same_end && same_root && same_logs) {
        t->passed++;
        return;
    }
    t->failed++;
    print_place(t->out, "FAIL", p);
    if (!same_end)
        fprintf(t->out, ", transaction: expected to be %s, found %s%s%s", expected->is_refused ? "refused" : "valid",
                found->is_refused ? "refused" : "valid", found->is_refused ? ": " : "", found->is_refused ? found->refusal : "");
    if (!same_root)
        print_hashes(t->out, "state root", &expected->root, &found->root);
    if (!same_logs)
        print_hashes(t->out, "logs hash", &expected->logs, &found->logs);
    fputc('\n', t->out);
}

static void print_trace(statetest *t, const place *p, const buffer *calls, const eth_world *w, const finding *found)
{
    buffer accounts = buffer_init(BUFFER_NO_LIMIT);
    eth_world_print(w, &accounts);
    print_place(t->out, "TEST", p);
    if (found->is_refused)
        fprintf(t->out, ", refused: %s\n", found->refusal);
    else
        fprintf(t->out, ", gas used %llu\n", (unsigned long long)found->gas_used);
    fprintf(t->out, "%.*s%.*s", (int)calls->size, calls->size ? (const char *)calls->data : "", (int)accounts.size,
            accounts.size ? (const char *)accounts.data : "");
    buffer_free(&accounts);
}

typedef struct {
    const json_t *pre, *transaction;
    eth_block block;
} scene;

static bool run_entry(statetest *t, arena *a, const eth_fork *fork, const scene *s, const json_t *entry, place *p,
                      error_text *why)
{
    enum { TRACE_MAX_BYTES = 64 * 1024 * 1024 };
    expectation expected;
    eth_transaction tx;
    const char *refusal;
    if (!read_expectation(a, entry, &expected, why) ||
        !read_transaction(a, s->transaction, &expected.which, &tx, &refusal, why))
        return false;
    p->which = expected.which;
    eth_world *w = eth_world_new(&fork->evm);
    bool ok = put_accounts(a, w, s->pre, why);
    if (ok) {
        eth_outcome outcome = {0};
        error_text reason;
        buffer calls = buffer_init(TRACE_MAX_BYTES);
        finding found = {.is_refused = refusal != NULL, .refusal = refusal};
        if (refusal) {
            eth_world_touch(w, &s->block.coinbase);
        } else if (!eth_transaction_run(w, fork, &s->block, &tx, t->trace ? &calls : NULL, &outcome, &reason)) {
            found.is_refused = true;
            found.refusal = reason.text;
        }
        found.root = eth_world_root(w);
        found.logs = eth_outcome_logs_hash(&outcome);
        found.gas_used = outcome.gas_used;
        if (t->trace)
            print_trace(t, p, &calls, w, &found);
        judge(t, p, &expected, &found);
        eth_outcome_free(&outcome);
        buffer_free(&calls);
    }
    eth_world_free(w);
    return ok;
}

static bool run_fork(statetest *t, const eth_fork *fork, const scene *s, const json_t *entries, place *p, error_text *why)
{
    size_t i;
    json_t *entry;
    p->fork = fork->name;
    json_array_foreach(entries, i, entry)
    {
        arena a = {0};
        bool ok = run_entry(t, &a, fork, s, entry, p, why);
        arena_reset(&a);
        if (!ok) {
            error_prefix(why, "%s, result %zu", fork->name, i);
            return false;
        }
    }
    return true;
}

static bool run_test(statetest *t, arena *a, const json_t *test, place *p, error_text *why)
{
    scene s;
    const json_t *env, *post;
    if (!find_member(test, "env", &env, why) || !find_member(test, "pre", &s.pre, why) ||
        !find_member(test, "transaction", &s.transaction, why) || !find_member(test, "post", &post, why))
        return false;
    if (!read_block(a, env, &s.block, why)) {
        error_prefix(why, "env");
        return false;
    }
    for (size_t i = 0; i < COUNT(forks); i++) {
        const json_t *entries = json_object_get(post, forks[i]->name);
        if (entries == NULL || (t->fork && strcmp(t->fork, forks[i]->name) != 0))
            continue;
        if (!run_fork(t, forks[i], &s, entries, p, why))
            return false;
    }
    return true;
}

bool statetest_run(statetest *t, const char *name, bytes document, error_text *why)
{
    json_error_t error;
    if (document.size > STATETEST_DOCUMENT_MAX_BYTES)
        return error_set(why, "larger than %d bytes", STATETEST_DOCUMENT_MAX_BYTES);
    json_t *tests = json_loadb((const char *)document.data, document.size, JSON_REJECT_DUPLICATES, &error);
    if (tests == NULL)
        return error_set(why, "line %d: %s", error.line, error.text);
    bool ok = json_is_object(tests) || error_set(why, "not an object of tests");
    const char *key;
    json_t *test;
    json_object_foreach(tests, key, test)
    {
        place p = {.document = name, .test = key};
        arena a = {0};
        if (ok && (t->test == NULL || strstr(key, t->test)) && !run_test(t, &a, test, &p, why)) {
            error_prefix(why, "%.200s", key);
            ok = false;
        }
        arena_reset(&a);
    }
    json_decref(tests);
    return ok;
}
