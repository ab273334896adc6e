/* load.c: clients. */
#include "sim/inside.h"
#include "codec/hex.h"
#include "contract/abi.h"

#include <stdio.h>

enum { GAS = 300000000, BLOCK_LIMIT_AHEAD = 500, TRANSFERS = 0x5002, CONSENSUS = 0x1003 };

static address small_address(uint64_t number)
{
    address a = {{0}};
    write_be32(a.b + 16, (uint32_t)number);
    return a;
}

static bytes selector_of(simulation *s, arena *a, const char *signature)
{
    hash256 hash = suite_hash(s->rules.suite, bytes_of_text(signature));
    return arena_copy(a, bytes_of(hash.b, 4));
}

static transaction *sign(simulation *s, arena *a, uint64_t contract, bytes selector, abi_writer *arguments,
                         int64_t limit)
{
    bytes written = abi_written(arguments);
    uint8_t *data = arena_take(a, selector.size + written.size);
    memcpy(data, selector.data, selector.size);
    memcpy(data + selector.size, written.data, written.size);
    transaction_fields fields = {.nonce = u256_of(++s->next_nonce),
                                 .gas_price = u256_of(GAS),
                                 .gas = u256_of(GAS),
                                 .block_limit = u256_of((uint64_t)limit),
                                 .chain_id = u256_of(s->rules.chain_id),
                                 .group_id = u256_of((uint64_t)s->rules.group_id),
                                 .to = small_address(contract),
                                 .data = bytes_of(data, selector.size + written.size)};
    return transaction_sign(&s->rules, &fields, &s->client);
}

/* Few users, so that most transfers of a block are about the same rows. */
transaction *load_transaction(simulation *s, int64_t limit)
{
    arena a = {0};
    abi_writer w = abi_writer_of(&a);
    uint64_t first = prng_below(&s->client_random, s->accounts), second = prng_below(&s->client_random, s->accounts);
    const char *signature;
    abi_write_bytes(&w, bytes_of_text(arena_print(&a, "user%llu", (unsigned long long)first)));
    switch (prng_below(&s->client_random, 4)) {
    case 0:
        signature = "userAdd(string,uint256)";
        break;
    case 1:
        signature = "userSave(string,uint256)";
        break;
    default:
        signature = "userTransfer(string,string,uint256)";
        abi_write_bytes(&w, bytes_of_text(arena_print(&a, "user%llu", (unsigned long long)second)));
    }
    abi_write_u256(&w, u256_of(1 + prng_below(&s->client_random, 100)));
    transaction *tx = sign(s, &a, TRANSFERS, selector_of(s, &a, signature), &w, limit);
    arena_reset(&a);
    return tx;
}

transaction *load_membership(simulation *s, const char *kind, const node_id *member, int64_t limit)
{
    arena a = {0};
    abi_writer w = abi_writer_of(&a);
    abi_write_bytes(&w, bytes_of_text(hex_text(&a, BYTES_OF_VALUE(*member))));
    transaction *tx = sign(s, &a, CONSENSUS, selector_of(s, &a, arena_print(&a, "%s(string)", kind)), &w, limit);
    arena_reset(&a);
    return tx;
}

static hash256 submit(simulation *s, size_t node, transaction *tx)
{
    hash256 hash = tx->hash;
    s->counts.submitted++;
    transaction_drop(s->recent[s->next_recent]);
    s->recent[s->next_recent] = transaction_keep(tx);
    s->next_recent = (s->next_recent + 1) % RECENT_MAX;
    if (s->nodes[node].group)
        event_add(s, EVENT_SUBMIT, 0, node)->tx = tx;
    else
        transaction_drop(tx);
    return hash;
}

hash256 sim_submit(simulation *s, size_t node)
{
    memo_use(s->memory);
    hash256 hash = submit(s, node, load_transaction(s, s->nodes[node].told + BLOCK_LIMIT_AHEAD));
    memo_use(NULL);
    return hash;
}

hash256 sim_submit_membership(simulation *s, size_t node, const char *kind, size_t member)
{
    sim_tell(s, "client -> %zu: %s(node %zu)", node, kind, member);
    memo_use(s->memory);
    hash256 hash =
        submit(s, node, load_membership(s, kind, &s->nodes[member].id, s->nodes[node].told + BLOCK_LIMIT_AHEAD));
    memo_use(NULL);
    return hash;
}

void sim_submit_copy(simulation *s, size_t node)
{
    transaction *tx = s->recent[prng_below(&s->client_random, RECENT_MAX)];
    if (tx && s->nodes[node].group)
        event_add(s, EVENT_SUBMIT, 0, node)->tx = transaction_keep(tx);
}

void sim_submit_expired(simulation *s, size_t node)
{
    int64_t height = s->nodes[node].told, back = (int64_t)prng_below(&s->client_random, 5);
    int64_t limit = prng_below(&s->client_random, 4) == 0 ? height + 1100 : height > back ? height - back : 0;
    memo_use(s->memory);
    submit(s, node, load_transaction(s, limit));
    memo_use(NULL);
}

bool sim_is_committed(const simulation *s, const hash256 *tx_hash, int64_t *number)
{
    const decided_transaction *t = map_get(&s->transactions, BYTES_OF_VALUE(*tx_hash));
    if (t && number)
        *number = t->number;
    return t != NULL;
}
