/* The reference runs transactions that declare different keys at the same time. When they declare fewer keys than they touch, the
   order shows in the bytes of the chain: mostly that of a single worker, who is done before the second has woken up, sometimes
   another one that the graph allows. So hanse runs proposals as one worker would; for keys rightly declared that gives what block
   order gives. A block that comes with a final header was agreed on already: when one worker's order does not give its header,
   hanse looks for an order that does, within limits.

   Where the reference has no answer (execution.md section 16: fewer than four bytes of call data, arguments that end too early)
   the transaction is a barrier. */
#include "executor/schedule.h"

#include "base/map.h"
#include "contract/parallel.h"
#include "executor/signature.h"
#include "state/address_text.h"

/* What is known of one function of one contract. */
typedef struct {
    uint8_t id[sizeof(address) + 4]; /* address and selector */
    bool is_parallel;
    key_kind *kinds;
    size_t count;
} known_function;

typedef struct {
    arena *a;
    const block_run *run;
    tx_state *state;
    map functions; /* id -> known_function: each is looked up once for a block */
} key_reader;

static const known_function *function_of(key_reader *r, const address *target, uint32_t selector)
{
    known_function *f = arena_take(r->a, sizeof *f);
    memcpy(f->id, target->b, sizeof target->b);
    write_be32(f->id + sizeof target->b, selector);
    const known_function *known = map_get(&r->functions, BYTES_OF_VALUE(f->id));
    if (known)
        return known;
    parallel_function registered;
    f->is_parallel = parallel_find_function(r->state, target, selector, &registered) &&
                     signature_read_keys(registered.signature, registered.critical_size, r->a, &f->kinds);
    f->count = f->is_parallel ? registered.critical_size : 0;
    map_put(&r->functions, BYTES_OF_VALUE(f->id), f);
    return f;
}

static bytes key_text(arena *a, key_kind kind, abi_reader *arguments)
{
    switch (kind) {
    case KEY_SIGNED:
        return abi_signed_text(a, abi_read_signed(arguments));
    case KEY_UNSIGNED: {
        char *digits = arena_take(a, U256_DECIMAL_BYTES);
        size_t size = u256_to_decimal(abi_read_u256(arguments), digits);
        return bytes_of(digits, size);
    }
    case KEY_ADDRESS: {
        address value = abi_read_address(arguments);
        char *hex = arena_take(a, ADDRESS_HEX_BYTES);
        address_write_hex(&value, hex);
        return bytes_of_text(hex);
    }
    case KEY_STRING:
        break;
    }
    return abi_read_bytes(arguments);
}

/* Keys are told apart by contract. */
static bytes with_address(arena *a, bytes key, const address *target)
{
    char hex[ADDRESS_HEX_BYTES];
    address_write_hex(target, hex);
    size_t digits = sizeof hex - 1;
    uint8_t *joined = arena_take(a, key.size + digits);
    if (key.size)
        memcpy(joined, key.data, key.size);
    memcpy(joined + key.size, hex, digits);
    return bytes_of(joined, key.size + digits);
}

static const conflict_keys barrier = {.is_barrier = true};

static conflict_keys keys_of_built_in(key_reader *r, const transaction *tx)
{
    bytes texts[PARALLEL_KEYS_MAX];
    size_t count;
    if (!parallel_keys_of_call(r->run->x->contracts, &tx->to, tx->data, texts, &count))
        return barrier;
    bytes *keys = arena_take_array(r->a, count, sizeof *keys);
    for (size_t i = 0; i < count; i++)
        keys[i] = with_address(r->a, texts[i], &tx->to);
    return (conflict_keys){.keys = keys, .key_count = count};
}

static conflict_keys keys_of(key_reader *r, const transaction *tx)
{
    if (tx->is_creation || tx->data.size < 4)
        return barrier;
    if (contract_exists(r->run->x->contracts, r->state, &tx->to))
        return keys_of_built_in(r, tx);
    const known_function *f = function_of(r, &tx->to, read_be32(tx->data.data));
    if (!f->is_parallel)
        return barrier;
    abi_reader arguments = abi_reader_of(bytes_from(tx->data, 4));
    bytes *keys = arena_take_array(r->a, f->count, sizeof *keys);
    for (size_t i = 0; i < f->count && !arguments.failed; i++)
        keys[i] = with_address(r->a, key_text(r->a, f->kinds[i], &arguments), &tx->to);
    return arguments.failed ? barrier : (conflict_keys){.keys = keys, .key_count = f->count};
}

void schedule_begin(schedule *s, block_run *run, const block *b)
{
    const chain_rules *rules = run->x->rules;
    size_t count = b->transaction_count;
    s->orders++;
    s->transactions += count;
    s->differs_at = count;
    if (!rules->enable_parallel || !rules_have(rules, GATE_RC2_ENCODING) || rules->state != STATE_STORAGE || run->charging.is_on)
        return;
    key_reader reader = {&s->memory, run, tx_state_new(run->state), map_init(run->x->hash_seed)};
    conflict_keys *keys = arena_take_array(&s->memory, count, sizeof *keys);
    for (size_t i = 0; i < count; i++)
        keys[i] = keys_of(&reader, b->transactions[i]);
    map_free(&reader.functions);
    block_state_merge(run->state, reader.state);
    tx_state_free(reader.state);
    if (s->order)
        return;
    s->graph = conflict_graph_build(keys, count, run->x->hash_seed, &s->memory);
    s->first = arena_take_array(&s->memory, count, sizeof *s->first);
    s->order = arena_take_array(&s->memory, count, sizeof *s->order);
    conflict_graph_order(&s->graph, &s->memory, s->first);
    if (count)
        memcpy(s->order, s->first, count * sizeof *s->order);
}

bool schedule_next(schedule *s)
{
    if (s->order == NULL || s->orders >= SCHEDULE_ORDERS_MAX || s->transactions >= SCHEDULE_TRANSACTIONS_MAX)
        return false;
    arena scratch = {0};
    bool found = conflict_graph_next_order(&s->graph, &scratch, s->first, s->differs_at, s->order);
    arena_reset(&scratch);
    return found;
}

void schedule_free(schedule *s)
{
    arena_reset(&s->memory);
}
