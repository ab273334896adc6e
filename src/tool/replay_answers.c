#include "base/memory.h"
#include "rpc/render.h"
#include "tool/replay_inside.h"

#include <stdlib.h>

/* --- rendering --- */

static void write_proof(json_writer *w, const chain_rules *rules, const char *key, const hash256 *hashes, size_t count, size_t index)
{
    arena scratch = {0};
    merkle_proof proof = merkle_prove(rules->suite, hashes, count, index, &scratch);
    json_write_begin_object(w);
    json_write_key(w, key);
    rpc_write_proof(w, &proof);
    json_write_end_object(w);
    arena_reset(&scratch);
}

static void write_proofs(json_writer *w, const chain_rules *rules, const block *b, bool of_receipts)
{
    arena a = {0};
    size_t count = of_receipts ? b->receipt_count : b->transaction_count;
    hash256 *hashes = arena_take_array(&a, count, sizeof *hashes);
    for (size_t i = 0; i < count; i++)
        hashes[i] = of_receipts ? receipt_hash(rules, &b->receipts[i]) : b->transactions[i]->hash;
    json_write_key(w, of_receipts ? "receiptProofs" : "txProofs");
    json_write_begin_array(w);
    for (size_t i = 0; i < count; i++)
        write_proof(w, rules, of_receipts ? "receiptProof" : "txProof", hashes, count, i);
    json_write_end_array(w);
    arena_reset(&a);
}

json_t *replay_render(const chain_rules *rules, const block *b, bool with_proofs)
{
    buffer text = buffer_init(BUFFER_NO_LIMIT);
    json_writer w = json_write_to(&text);
    bool proves = with_proofs && rules_have(rules, GATE_MERKLE_16);
    json_write_begin_object(&w);
    json_write_key(&w, "block");
    rpc_write_block(&w, b, rules->suite, RPC_NUMBER_TEXT, true, true, true);
    json_write_key(&w, "header");
    rpc_write_block(&w, b, rules->suite, RPC_NUMBER_INTEGER, true, false, false);
    if (proves)
        write_proofs(&w, rules, b, true);
    json_write_key(&w, "receipts");
    json_write_begin_array(&w);
    for (size_t i = 0; i < b->receipt_count; i++)
        rpc_write_receipt(&w, &b->receipts[i], b->transactions[i], &(rpc_place){&b->hash, b->header.number, i});
    json_write_end_array(&w);
    if (proves)
        write_proofs(&w, rules, b, false);
    json_write_end_object(&w);
    json_t *made = json_loadb((const char *)text.data, text.size, JSON_ALLOW_NUL, NULL);
    buffer_free(&text);
    return made;
}

/* --- comparing --- */

/* What follows from other members is compared only when those are equal, so that the first difference shown is the cause. */
static const char *const consequences[] = {"hash", "blockHash", "parentHash", "transactionHash", "root", "logsBloom"};

typedef struct {
    replay *r;
    int64_t number;
    const char *note;
    bool of_consequences;
    arena memory;
} comparison;

static bool is_consequence(const char *key)
{
    for (size_t i = 0; i < COUNT(consequences); i++)
        if (strcmp(key, consequences[i]) == 0)
            return true;
    return false;
}

static bool is_hash_of_block(const char *key)
{
    return strcmp(key, "hash") == 0 || strcmp(key, "blockHash") == 0 || strcmp(key, "parentHash") == 0;
}

static const char *value_text(comparison *c, const json_t *value)
{
    if (value == NULL)
        return "nothing";
    if (json_is_string(value))
        return json_string_value(value);
    char *dumped = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    const char *kept = arena_copy_text(&c->memory, bytes_of_text(dumped ? dumped : "?"));
    free(dumped);
    return kept;
}

static void compare_value(comparison *c, const char *path, const json_t *expected, const json_t *found, bool is_following);

static void compare_object(comparison *c, const char *path, const json_t *expected, const json_t *found)
{
    const char *key;
    json_t *value;
    bool is_transaction = json_object_get(expected, "blockLimit") != NULL;
    json_object_foreach((json_t *)(uintptr_t)expected, key, value) {
        if (c->r->has_diverged && is_hash_of_block(key) && !(is_transaction && strcmp(key, "hash") == 0))
            continue;
        compare_value(c, arena_print(&c->memory, "%s%s%s", path, *path ? "." : "", key), value, json_object_get(found, key),
                      is_consequence(key));
    }
}

static void compare_array(comparison *c, const char *path, const json_t *expected, const json_t *found)
{
    size_t wanted = json_array_size(expected), present = json_array_size(found);
    for (size_t i = 0; i < wanted && i < present && !c->r->is_over; i++)
        compare_value(c, arena_print(&c->memory, "%s[%zu]", path, i), json_array_get(expected, i), json_array_get(found, i),
                      c->of_consequences);
    if (wanted != present && !c->of_consequences)
        replay_differs(c->r, c->number, c->note, arena_print(&c->memory, "%zu items", wanted),
                       arena_print(&c->memory, "%zu items", present), "%s", path);
}

static void compare_value(comparison *c, const char *path, const json_t *expected, const json_t *found, bool is_following)
{
    if (c->r->is_over || json_is_null(expected))
        return;
    if (json_is_object(expected) && json_is_object(found))
        compare_object(c, path, expected, found);
    else if (json_is_array(expected) && json_is_array(found))
        compare_array(c, path, expected, found);
    else if (is_following == c->of_consequences && !json_equal(expected, found))
        replay_differs(c->r, c->number, c->note, value_text(c, expected), value_text(c, found), "%s", path);
}

/* What was answered in place of a proof, and what was answered beside it, is not looked at. */
static void compare_proofs(comparison *c, const char *section, const char *member, const json_t *expected, const json_t *found)
{
    for (size_t i = 0; i < json_array_size(expected) && !c->r->is_over; i++) {
        const json_t *proof = json_object_get(json_array_get(expected, i), member);
        if (proof && !c->of_consequences)
            compare_value(c, arena_print(&c->memory, "%s[%zu].%s", section, i, member), proof,
                          json_object_get(json_array_get(found, i), member), false);
    }
}

void replay_compare_answers(replay *r, int64_t number, const char *note, const json_t *expected, const json_t *found)
{
    static const struct {
        const char *section, *proof;
    } parts[] = {{"receipts", NULL}, {"block", NULL}, {"header", NULL}, {"txProofs", "txProof"}, {"receiptProofs", "receiptProof"}};
    comparison c = {.r = r, .number = number, .note = note};
    uint64_t before = r->totals->differences;
    for (int pass = 0; pass < 2 && r->totals->differences == before; pass++) {
        c.of_consequences = pass == 1;
        for (size_t i = 0; i < COUNT(parts) && !r->is_over; i++) {
            const json_t *wanted = json_object_get(expected, parts[i].section), *present = json_object_get(found, parts[i].section);
            if (wanted && parts[i].proof)
                compare_proofs(&c, parts[i].section, parts[i].proof, wanted, present);
            else if (wanted)
                compare_value(&c, parts[i].section, wanted, present, false);
        }
    }
    arena_reset(&c.memory);
}
