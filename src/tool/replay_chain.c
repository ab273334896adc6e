#include "tool/replay_inside.h"

#include "base/memory.h"
#include "codec/hex.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { NOTE_MAX_BYTES = 4096 };

void replay_differs(replay *r, int64_t number, const char *note, const char *expected, const char *found, const char *format, ...)
{
    va_list args;
    char *where = NULL;
    va_start(args, format);
    if (vasprintf(&where, format, args) < 0)
        where = NULL;
    va_end(args);
    replay_difference d = {number, where ? where : format, expected, found, note ? note : ""};
    r->totals->differences++;
    r->options->on_difference(r->options->context, &d);
    r->is_over |= !r->options->keep_going;
    free(where);
}

void replay_break(replay *r)
{
    r->is_over = r->is_broken = true;
}

static const char *hash_text(arena *a, const hash256 *hash)
{
    return arena_print(a, "0x%s", hex_text(a, BYTES_OF_VALUE(*hash)));
}

static bool is_compared(const replay *r, int64_t number)
{
    return number >= r->options->from;
}

/* --- what was recorded --- */

/* The hash item of an encoded block: the third. Empty when there is none. */
static bytes hash_item(bytes raw)
{
    rlp_reader items = rlp_open_list(raw);
    (void)rlp_read_item(&items);
    (void)rlp_read_item(&items);
    bytes hash = rlp_read_string(&items);
    return items.error == RLP_OK && hash.size == sizeof(hash256) ? hash : BYTES_EMPTY;
}

/* Decodes a recorded block even when its header is not the one that its hash item was made of: comparing finds what is wrong
   with it. NULL: reported. */
static block *decode_recorded(replay *r, const dataset_block *recorded)
{
    arena a = {0};
    error_text why = {""};
    bytes raw = recorded->raw, item = hash_item(raw);
    rlp_reader items = rlp_open_list(raw);
    bytes header = rlp_read_item(&items).whole;
    if (item.size) {
        hash256 hash = suite_hash(r->data->rules.suite, header);
        uint8_t *patched = arena_take(&a, raw.size);
        memcpy(patched, raw.data, raw.size);
        memcpy(patched + (item.data - raw.data), hash.b, sizeof hash.b);
        raw = bytes_of(patched, raw.size);
    }
    block *b = block_decode(&r->data->rules, raw, (block_decode_options){TX_CHECK_NOTHING, true}, &why);
    if (b == NULL) {
        replay_differs(r, (int64_t)recorded->number, NULL, "a block", why.text, "encoding");
        r->is_over = true; /* what follows needs it */
    }
    arena_reset(&a);
    return b;
}

static void check_links(replay *r, const block *b, int64_t number, const ledger_tip *tip)
{
    arena a = {0};
    hash256 root = block_transactions_root(&r->data->rules, b);
    if (b->header.number != number) {
        replay_differs(r, number, NULL, arena_print(&a, "%lld", (long long)number),
                       arena_print(&a, "%lld", (long long)b->header.number), "header.number");
        r->is_over = true;
    } else if (!r->has_diverged && !hash256_equal(&b->header.parent_hash, &tip->hash)) {
        replay_differs(r, number, NULL, hash_text(&a, &b->header.parent_hash), hash_text(&a, &tip->hash), "header.parentHash");
        r->has_diverged = true;
    } else if (!hash256_equal(&root, &b->header.transactions_root)) {
        replay_differs(r, number, NULL, hash_text(&a, &b->header.transactions_root), hash_text(&a, &root), "header.transactionsRoot");
    }
    arena_reset(&a);
}

static void compare_submission(replay *r, const block *b, const dataset_submission *s)
{
    arena a = {0};
    error_text why = {""};
    transaction *sent = transaction_decode(&r->data->rules, s->raw, TX_CHECK_NOTHING, NULL, &why);
    const transaction *there = s->index < b->transaction_count ? b->transactions[s->index] : NULL;
    const char *label = s->label;
    if (sent == NULL)
        replay_differs(r, b->header.number, NULL, "a transaction", why.text, "submission %s", label);
    else if (there == NULL || !hash256_equal(&sent->hash, &there->hash))
        replay_differs(r, b->header.number, NULL, there ? hash_text(&a, &there->hash) : "nothing", hash_text(&a, &sent->hash),
                       "submission %s, hash of transactions[%zu]", label, s->index);
    else if (s->signing_hash.size && !bytes_equal(s->signing_hash, BYTES_OF_VALUE(sent->signing_hash)))
        replay_differs(r, b->header.number, NULL, arena_print(&a, "0x%s", hex_text(&a, s->signing_hash)),
                       hash_text(&a, &sent->signing_hash), "submission %s, signing hash", label);
    transaction_drop(sent);
    arena_reset(&a);
}

static void compare_submissions(replay *r, const block *b)
{
    const dataset *d = r->data;
    uint64_t number = (uint64_t)b->header.number;
    for (; r->submission < d->submission_count && d->submissions[r->submission].block <= number; r->submission++)
        if (d->submissions[r->submission].block == number && is_compared(r, b->header.number) && !r->is_over)
            compare_submission(r, b, &d->submissions[r->submission]);
}

/* --- execution --- */

/* The block as a leader proposes it, on top of our own chain. */
static block *proposal_of(const block *recorded, const ledger_tip *tip)
{
    static const hash256 none;
    block *b = block_copy(recorded);
    b->header.parent_hash = tip->hash;
    b->header.state_root = b->header.db_hash = b->header.receipts_root = none;
    return b;
}

/* NULL: reported. */
static execution *execute(replay *r, block *recorded, const ledger_tip *tip)
{
    error_text why = {""};
    execution *e = NULL;
    parent_block parent = {tip->hash, tip->number, tip->state_root};
    executor *x = ledger_executor(r->ledger);
    execute_result result = EXECUTE_REJECTED;
    if (hash256_equal(&recorded->header.parent_hash, &tip->hash))
        result = executor_run_block(x, r->options->store, recorded, &parent, &e, &why);
    if (result == EXECUTE_REJECTED) {
        block *proposal = proposal_of(recorded, tip);
        result = executor_run_block(x, r->options->store, proposal, &parent, &e, &why);
        block_drop(proposal);
    }
    if (result != EXECUTE_OK) {
        replay_differs(r, recorded->header.number, NULL, "a block that can be executed", why.text, "execution");
        r->is_over = true;
        return NULL;
    }
    r->totals->reordered_blocks += execution_orders_tried(e) > 1;
    return e;
}

/* The rows a block changed: where to look when its state root differs. */
static char *note_of(const execution *e, arena *a)
{
    buffer text = buffer_init(NOTE_MAX_BYTES);
    execution_dump(e, &text);
    char *note = arena_print(a, "rows changed by this block:\n%.*s%s", (int)text.size, (const char *)text.data,
                             text.overflowed ? "...\n" : "");
    buffer_free(&text);
    return note;
}

/* --- comparing what the ledger holds --- */

static void compare_encoding(replay *r, const dataset_block *wanted, const block *recorded, const block *b, const char *note)
{
    arena a = {0};
    bytes stored;
    int64_t number = (int64_t)wanted->number;
    uint64_t before = r->totals->differences;
    if (!ledger_encoded_block(r->ledger, number, &a, &stored)) {
        error_set(r->why, "block %lld cannot be read back", (long long)number);
        replay_break(r);
    } else if (!r->has_diverged && !bytes_equal(stored, wanted->raw)) {
        json_t *expected = replay_render(&r->data->rules, recorded, false), *found = replay_render(&r->data->rules, b, false);
        replay_compare_answers(r, number, note, expected, found);
        json_decref(expected);
        json_decref(found);
        bytes hash = hash_item(wanted->raw);
        if (r->totals->differences == before && !bytes_equal(hash, BYTES_OF_VALUE(b->hash)))
            replay_differs(r, number, NULL, arena_print(&a, "0x%s", hex_text(&a, hash)), hash_text(&a, &b->hash), "block.hash");
        else if (r->totals->differences == before)
            replay_differs(r, number, NULL, arena_print(&a, "0x%s", hex_text(&a, wanted->raw)),
                           arena_print(&a, "0x%s", hex_text(&a, stored)), "encoding");
    }
    if (!r->is_over && !r->has_diverged && r->totals->differences == before && !hash256_equal(&wanted->hash, &b->hash))
        replay_differs(r, number, NULL, hash_text(&a, &wanted->hash), hash_text(&a, &b->hash), "hash beside the block");
    arena_reset(&a);
}

static void compare_recorded_answers(replay *r, const block *b, const char *note)
{
    json_t *expected;
    if (!dataset_answers(r->data, (uint64_t)b->header.number, &expected, r->why)) {
        replay_break(r);
        return;
    }
    if (expected) {
        json_t *found = replay_render(&r->data->rules, b, true);
        replay_compare_answers(r, b->header.number, note, expected, found);
        json_decref(found);
    }
    json_decref(expected);
}

/* The block at the head of the ledger with everything that was recorded of it. recorded: decoded from wanted. */
static void compare_head(replay *r, const dataset_block *wanted, const block *recorded, const char *note)
{
    int64_t number = (int64_t)wanted->number;
    block *b = ledger_block_by_number(r->ledger, number);
    if (b == NULL) {
        error_set(r->why, "block %lld cannot be read back", (long long)number);
        replay_break(r);
        return;
    }
    compare_encoding(r, wanted, recorded, b, note);
    if (is_compared(r, number) && !r->is_over)
        compare_recorded_answers(r, b, note);
    r->has_diverged |= !hash256_equal(&wanted->hash, &b->hash);
    block_drop(b);
}

static void commit_and_compare(replay *r, const dataset_block *wanted, const block *recorded, const execution *e)
{
    arena a = {0};
    bool has_other_root = !hash256_equal(&execution_block(e)->header.state_root, &recorded->header.state_root);
    if (ledger_commit(r->ledger, e, recorded->signatures, recorded->signature_count, r->why) != COMMIT_OK) {
        replay_break(r);
    } else {
        r->totals->blocks++;
        r->totals->transactions += recorded->transaction_count;
        compare_head(r, wanted, recorded, has_other_root ? note_of(e, &a) : NULL);
    }
    arena_reset(&a);
}

static void replay_block(replay *r, const dataset_block *wanted)
{
    int64_t number = (int64_t)wanted->number;
    uint64_t before = r->totals->differences;
    ledger_tip tip = ledger_head(r->ledger);
    arena a = {0};
    replay_signers signers = {0};
    block *recorded = decode_recorded(r, wanted);
    if (recorded == NULL)
        return;
    check_links(r, recorded, number, &tip);
    if (is_compared(r, number) && !r->is_over)
        replay_take_signers(r, recorded, &a, &signers);
    compare_submissions(r, recorded);
    execution *e = r->is_over ? NULL : execute(r, recorded, &tip);
    if (e)
        commit_and_compare(r, wanted, recorded, e);
    /* Signatures of a header that is wrong are wrong too: the header is what to look at. */
    if (e && !r->is_over && !r->has_diverged && r->totals->differences == before)
        replay_check_seal(r, recorded, &execution_block(e)->hash, &signers);
    execution_drop(e);
    block_drop(recorded);
    arena_reset(&a);
}

static void compare_genesis(replay *r)
{
    block *recorded = decode_recorded(r, &r->data->blocks[0]);
    if (recorded)
        compare_head(r, &r->data->blocks[0], recorded, NULL);
    block_drop(recorded);
}

bool replay_chain(dataset *d, const replay_options *options, replay_totals *out, error_text *why)
{
    *out = (replay_totals){0};
    replay r = {.data = d, .options = options, .totals = out, .why = why, .last = (int64_t)d->block_count - 1};
    bool differs, is_whole = options->to >= r.last;
    r.ledger = ledger_open(&d->rules, &d->genesis, options->store, &differs, why);
    if (r.ledger == NULL)
        return false;
    if (!is_whole)
        r.last = options->to;
    compare_genesis(&r);
    for (int64_t number = 1; number <= r.last && !r.is_over; number++) {
        replay_block(&r, &d->blocks[number]);
        if (options->on_block)
            options->on_block(options->context, number, r.last);
    }
    if (is_whole && !r.is_over)
        replay_compare_state(&r);
    ledger_close(r.ledger);
    return !r.is_broken;
}
