#include "sim/forge.h"
#include "sim/inside.h"

#include <stdlib.h>

forger forger_of(simulation *s, size_t node, uint64_t seed)
{
    return (forger){.s = s,
                    .node = node,
                    .random = prng_of(seed),
                    .memory = s->memory,
                    .no_ttl_optimization = s->options.no_ttl_optimization};
}

static hash256 random_hash(forger *f)
{
    hash256 h;
    for (size_t i = 0; i < sizeof h.b; i += 8)
        write_be64(h.b + i, prng_next(&f->random));
    return h;
}

/* ---- consensus ---- */

void forge_sign(forger *f, pbft_request *r, const secret_key *key)
{
    const crypto_suite *suite = f->s->rules.suite;
    r->sig.size = r->sig2.size = (uint8_t)suite->signature_bytes;
    suite->sign(key, &r->block_hash, r->sig.b);
    hash256 fields = pbft_fields_digest(suite, r);
    suite->sign(key, &fields, r->sig2.b);
}

static void encode_packet(forger *f, pbft_kind kind, bytes data, buffer *out)
{
    pbft_packet packet = {.kind = kind, .ttl = 2, .data = data};
    pbft_packet_encode(&packet, !f->no_ttl_optimization, out);
}

void forge_request_packet(forger *f, pbft_kind kind, const pbft_request *r, buffer *out)
{
    buffer data = buffer_init(BUFFER_NO_LIMIT);
    pbft_request_encode(r, &data);
    encode_packet(f, kind, buffer_bytes(&data), out);
    buffer_free(&data);
}

void forge_prepare_packet(forger *f, const pbft_request *r, const block *b, buffer *out)
{
    buffer encoded = buffer_init(BUFFER_NO_LIMIT), data = buffer_init(BUFFER_NO_LIMIT);
    block_encode(&f->s->rules, b, BLOCK_FULL, &encoded);
    pbft_prepare_encode(r, buffer_bytes(&encoded), &data);
    encode_packet(f, PBFT_PREPARE, buffer_bytes(&data), out);
    buffer_free(&encoded);
    buffer_free(&data);
}

static block *complete_from_pool(forger *f, bytes encoded)
{
    hash256 *hashes;
    size_t count, found = 0;
    error_text why;
    block *b = block_decode_proposal(&f->s->rules, encoded, &hashes, &count, &why);
    if (b == NULL)
        return NULL;
    transaction **txs = arena_take_array(&b->memory, count, sizeof *txs);
    while (found < count && (txs[found] = group_pending_find(f->s->nodes[f->node].group, &hashes[found])))
        found++;
    if (found == count) {
        block_set_transactions(b, txs, count);
        return b;
    }
    for (size_t i = 0; i < found; i++)
        transaction_drop(txs[i]);
    block_drop(b);
    return NULL;
}

block *forge_read_block(forger *f, const sim_message *m, const pbft_packet *packet, pbft_request *r)
{
    bytes encoded;
    error_text why;
    if (!pbft_prepare_decode(packet->data, r, &encoded, &why) ||
        !f->s->rules.suite->verify(&f->s->nodes[f->node].id, &r->block_hash, pbft_signature_bytes(&r->sig)))
        return NULL;
    return forge_read_proposal(f, m, packet, r);
}

block *forge_read_proposal(forger *f, const sim_message *m, const pbft_packet *packet, pbft_request *r)
{
    bytes encoded;
    error_text why;
    if (f->s->nodes[f->node].group == NULL || !pbft_prepare_decode(packet->data, r, &encoded, &why))
        return NULL;
    if (m->packet_type == PBFT_FRAME_PROPOSAL)
        return complete_from_pool(f, encoded);
    return block_decode(&f->s->rules, encoded, (block_decode_options){.checks = TX_CHECK_NOTHING}, &why);
}

bool forge_result(forger *f, const block *proposal, hash256 *out)
{
    ledger *l = f->s->nodes[f->node].ledger;
    ledger_tip head = ledger_head(l);
    parent_block parent = {head.hash, head.number, head.state_root};
    execution *e = NULL;
    error_text why;
    bool is_next =
        proposal->header.number == head.number + 1 && hash256_equal(&proposal->header.parent_hash, &head.hash);
    bool ok =
        is_next && executor_run_block(ledger_executor(l), ledger_store(l), proposal, &parent, &e, &why) == EXECUTE_OK;
    if (ok)
        *out = execution_block(e)->hash;
    execution_drop(e);
    return ok;
}

void forge_header(forger *f, block *b)
{
    block_header *h = &b->header;
    switch (prng_below(&f->random, 8)) {
    case 0:
        h->parent_hash = random_hash(f);
        break;
    case 1:
        h->transactions_root = random_hash(f);
        break;
    case 2:
        h->state_root = random_hash(f);
        break;
    case 3:
        h->sealer_count = h->sealer_count > 1 ? h->sealer_count - 1 : 0;
        break;
    case 4:
        h->sealer = u256_of(h->sealer_count + prng_below(&f->random, 3));
        break;
    case 5:
        h->timestamp_ms = prng_below(&f->random, 2) ? 0 : UINT64_MAX / 2;
        break;
    case 6:
        h->gas_limit = u256_of(prng_below(&f->random, 2));
        break;
    default:
        h->receipts_root = random_hash(f);
    }
}

void forge_claim(forger *f, block *b)
{
    b->header.state_root = random_hash(f);
    b->header.receipts_root = random_hash(f);
    b->header.db_hash = b->header.state_root;
    block_seal_hash(&f->s->rules, b);
}

/* The transactions of a block of the last few, or the block's own first one twice. */
bool forge_old_transactions(forger *f, block *b)
{
    ledger *l = f->s->nodes[f->node].ledger;
    int64_t head = ledger_head(l).number, back = (int64_t)prng_below(&f->random, 5);
    block *old = head > back ? ledger_block_by_number(l, head - back) : NULL;
    const block *from = old && old->transaction_count ? old : b;
    if (from->transaction_count == 0) {
        block_drop(old);
        return false;
    }
    size_t count = b->transaction_count + 1;
    transaction **txs = arena_take_array(&b->memory, count, sizeof *txs);
    for (size_t i = 0; i + 1 < count; i++)
        txs[i] = transaction_keep(b->transactions[i]);
    txs[count - 1] = transaction_keep(from->transactions[0]);
    block_set_transactions(b, txs, count);
    b->header.transactions_root = block_transactions_root(&f->s->rules, b);
    block_seal_hash(&f->s->rules, b);
    block_drop(old);
    return true;
}

/* ..., v, r, s: with both numbers of 32 bytes, as nearly always. */
static bool flip_signature(uint8_t *raw, size_t size)
{
    enum { NUMBER = 33, FULL = 0xa0 };
    static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                      0xff, 0xff, 0xff, 0xff, 0xfe, 0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48,
                                      0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41};
    if (size < 2 * NUMBER + 1 || raw[size - NUMBER] != FULL || raw[size - 2 * NUMBER] != FULL)
        return false;
    uint8_t *v = raw + size - 2 * NUMBER - 1, *s = raw + size - 32;
    if (*v != 27 && *v != 28)
        return false;
    u256_to_be(u256_sub(u256_from_be(bytes_of(order, 32)), u256_from_be(bytes_of(s, 32))), s);
    *v = (uint8_t)(27 + 28 - *v);
    return true;
}

bool forge_other_form(forger *f, block *b)
{
    if (b->transaction_count == 0)
        return false;
    arena a = {0};
    bytes raw = arena_copy(&a, b->transactions[0]->raw);
    transaction *other = flip_signature((uint8_t *)raw.data, raw.size)
                             ? transaction_decode(&f->s->rules, raw, TX_CHECK_NOTHING, NULL, NULL)
                             : NULL;
    arena_reset(&a);
    if (other == NULL)
        return false;
    transaction_drop(b->transactions[0]);
    b->transactions[0] = other;
    b->header.transactions_root = block_transactions_root(&f->s->rules, b);
    block_seal_hash(&f->s->rules, b);
    return true;
}

block *forge_new_block(forger *f, const consensus_status *c, uint64_t height)
{
    block *b = block_new();
    b->header.number = (int64_t)height;
    b->header.parent_hash = c->highest_hash;
    b->header.timestamp_ms = START_UTC_MS + f->s->now_ms;
    b->header.sealer = u256_of(c->node_index);
    b->header.sealers =
        (node_id *)arena_copy(&b->memory, bytes_of(c->sealers, c->sealer_count * sizeof *c->sealers)).data;
    b->header.sealer_count = c->sealer_count;
    transaction *tx = load_transaction(f->s, (int64_t)height + 100);
    block_set_transactions(b, &tx, 1);
    b->header.transactions_root = block_transactions_root(&f->s->rules, b);
    block_seal_hash(&f->s->rules, b);
    return b;
}

/* ---- sync ---- */

void forge_status(forger *f, buffer *out)
{
    static const int64_t heights[] = {INT64_MAX, INT64_C(1) << 62, 1000000, -1, INT64_MIN};
    ledger_tip head = ledger_head(f->s->nodes[f->node].ledger);
    sync_packet p = {.type = SYNC_PACKET_STATUS};
    p.status.number = prng_below(&f->random, 2) ? head.number + 1 + (int64_t)prng_below(&f->random, 60)
                                                : heights[prng_below(&f->random, COUNT(heights))];
    if (p.status.number < 0 || p.status.number > head.number + 1000)
        sim_note(f->s, PLAYED_IMPOSSIBLE_HEIGHT);
    p.status.genesis_hash = prng_below(&f->random, 8) ? head.genesis_hash : random_hash(f);
    p.status.latest_hash = random_hash(f);
    p.status.has_time = true;
    p.status.utc_ms = prng_below(&f->random, 2) ? prng_next(&f->random) : START_UTC_MS + f->s->now_ms;
    sync_packet_encode(&p, out);
}

/* Changes one decoded block; what does not fit the header any more is left so. */
static void twist_stored_block(forger *f, block *b)
{
    block_signature *twice;
    switch (prng_below(&f->random, 6)) {
    case 0: /* signed by too few */
        block_set_signatures(b, b->signatures, b->signature_count > 1 ? b->signature_count - 2 : 0);
        break;
    case 1: /* one signer as often as a quorum */
        twice = arena_take_array(&b->memory, b->signature_count, sizeof *twice);
        for (size_t i = 0; i < b->signature_count; i++)
            twice[i] = b->signatures[0];
        block_set_signatures(b, twice, b->signature_count);
        break;
    case 2:
        b->header.transactions_root = random_hash(f);
        block_seal_hash(&f->s->rules, b);
        break;
    case 3:
        forge_header(f, b);
        block_seal_hash(&f->s->rules, b);
        break;
    case 4: /* transactions that the signed header does not name */
        forge_old_transactions(f, b);
        break;
    default:
        b->header.state_root = random_hash(f);
    }
}

static bytes twist_encoded(forger *f, arena *a, bytes encoded)
{
    error_text why;
    if (prng_below(&f->random, 4) == 0)
        return bytes_of(encoded.data, prng_below(&f->random, encoded.size));
    block *b = block_decode(&f->s->rules, encoded,
                            (block_decode_options){.checks = TX_CHECK_NOTHING, .with_receipts = true}, &why);
    if (b == NULL)
        return encoded;
    twist_stored_block(f, b);
    buffer again = buffer_init(BUFFER_NO_LIMIT);
    block_encode(&f->s->rules, b, BLOCK_FULL, &again);
    bytes result = arena_copy(a, buffer_bytes(&again));
    buffer_free(&again);
    block_drop(b);
    return result;
}

bool forge_blocks(forger *f, const sync_packet *honest, buffer *out)
{
    arena a = {0};
    if (honest->blocks.count == 0)
        return false;
    bytes *encoded = arena_take_array(&a, honest->blocks.count, sizeof *encoded);
    for (size_t i = 0; i < honest->blocks.count; i++)
        encoded[i] = honest->blocks.encoded[i];
    size_t which = prng_below(&f->random, honest->blocks.count);
    encoded[which] = twist_encoded(f, &a, encoded[which]);
    sync_packet p = {.type = SYNC_PACKET_BLOCKS, .blocks = {encoded, honest->blocks.count}};
    sync_packet_encode(&p, out);
    arena_reset(&a);
    return true;
}
