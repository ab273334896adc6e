#include "consensus/pbft_message.h"

#include <assert.h>

#include "codec/rlp.h"

enum { EMPTY_FLAG = 0x80 };

static bool refuse(error_text *why, const char *what, const rlp_reader *r)
{
    return error_set(why, "%s: item %u: %s", what, r->item, rlp_error_text(r->error));
}

void pbft_packet_encode(const pbft_packet *p, bool ttl_optimization, buffer *out)
{
    size_t list = rlp_begin_list(out), box = rlp_begin_string(out);
    rlp_write_uint(out, p->kind);
    rlp_write_uint(out, (uint8_t)((p->ttl & PBFT_TTL_MAX) | (p->is_empty ? EMPTY_FLAG : 0)));
    rlp_write_string(out, p->data);
    if (ttl_optimization) {
        size_t nodes = rlp_begin_list(out);
        for (size_t i = 0; i < p->forward_count; i++)
            rlp_write_string(out, BYTES_OF_VALUE(p->forward[i]));
        rlp_end_list(out, nodes);
    }
    rlp_end_string(out, box);
    rlp_end_list(out, list);
}

/* A missing list is an empty one (spec/consensus.md 0.1). */
static bool read_forward_nodes(rlp_reader *r, arena *a, pbft_packet *out, error_text *why)
{
    if (rlp_at_end(r))
        return true;
    rlp_reader nodes = rlp_read_list(r);
    size_t count = rlp_count_items(&nodes);
    if (count > PBFT_FORWARD_NODES_MAX)
        return error_set(why, "PBFT packet: %zu forward nodes, at most %d are allowed", count, PBFT_FORWARD_NODES_MAX);
    out->forward = arena_take_array(a, count, sizeof *out->forward);
    for (size_t i = 0; i < count; i++)
        rlp_read_fixed(&nodes, out->forward[i].b, sizeof out->forward[i].b, RLP_EXACT);
    if (nodes.error || !rlp_at_end(&nodes))
        return refuse(why, "PBFT packet, forward nodes", &nodes);
    out->forward_count = count;
    return true;
}

bool pbft_packet_decode(bytes encoded, bool ttl_optimization, arena *a, pbft_packet *out, error_text *why)
{
    rlp_reader r = rlp_open_boxed(encoded);
    uint64_t kind = rlp_read_uint(&r, 1), ttl = rlp_read_uint(&r, 1);
    *out =
        (pbft_packet){.ttl = (uint8_t)(ttl & PBFT_TTL_MAX), .is_empty = ttl & EMPTY_FLAG, .data = rlp_read_string(&r)};
    if (r.error)
        return refuse(why, "PBFT packet", &r);
    if (kind >= PBFT_KINDS)
        return error_set(why, "PBFT packet: unknown packet_id %u", (unsigned)kind);
    out->kind = (pbft_kind)kind;
    if (ttl_optimization && !read_forward_nodes(&r, a, out, why))
        return false;
    return r.error ? refuse(why, "PBFT packet", &r) : true;
}

static void write_signed_fields(buffer *out, const pbft_request *r)
{
    rlp_write_u32(out, r->height);
    rlp_write_u32(out, r->view);
    rlp_write_u32(out, r->idx);
    rlp_write_u256(out, r->timestamp_ms);
}

hash256 pbft_fields_digest(const crypto_suite *suite, const pbft_request *r)
{
    buffer fields = buffer_init(64);
    write_signed_fields(&fields, r);
    assert(!fields.overflowed);
    hash256 digest = suite_hash(suite, buffer_bytes(&fields));
    buffer_free(&fields);
    return digest;
}

static void write_request(buffer *out, const pbft_request *r)
{
    write_signed_fields(out, r);
    rlp_write_string(out, BYTES_OF_VALUE(r->block_hash));
    rlp_write_string(out, pbft_signature_bytes(&r->sig));
    rlp_write_string(out, pbft_signature_bytes(&r->sig2));
}

static void read_signature(rlp_reader *r, pbft_signature *out)
{
    bytes b = rlp_read_string(r);
    if (b.size > sizeof out->b) {
        rlp_fail(r, RLP_WRONG_SIZE);
        return;
    }
    *out = (pbft_signature){.size = (uint8_t)b.size};
    if (b.size)
        memcpy(out->b, b.data, b.size);
}

static void read_request(rlp_reader *r, pbft_request *out)
{
    *out = (pbft_request){.height = rlp_read_uint(r, 8)};
    out->view = rlp_read_uint(r, 8);
    out->idx = (uint32_t)rlp_read_uint(r, 2);
    out->timestamp_ms = rlp_read_u256(r);
    rlp_read_fixed(r, out->block_hash.b, sizeof out->block_hash.b, RLP_EXACT);
    read_signature(r, &out->sig);
    read_signature(r, &out->sig2);
}

void pbft_request_encode(const pbft_request *r, buffer *out)
{
    size_t list = rlp_begin_list(out), box = rlp_begin_string(out);
    write_request(out, r);
    rlp_end_string(out, box);
    rlp_end_list(out, list);
}

bool pbft_request_decode(bytes encoded, pbft_request *out, error_text *why)
{
    rlp_reader r = rlp_open_boxed(encoded);
    read_request(&r, out);
    return r.error ? refuse(why, "PBFT request", &r) : true;
}

void pbft_prepare_encode(const pbft_request *r, bytes encoded_block, buffer *out)
{
    size_t list = rlp_begin_list(out), box = rlp_begin_string(out);
    write_request(out, r);
    rlp_write_string(out, encoded_block);
    rlp_end_string(out, box);
    rlp_end_list(out, list);
}

bool pbft_prepare_decode(bytes encoded, pbft_request *out, bytes *encoded_block, error_text *why)
{
    rlp_reader r = rlp_open_boxed(encoded);
    read_request(&r, out);
    *encoded_block = rlp_read_string(&r);
    return r.error ? refuse(why, "PrepareReq", &r) : true;
}

void pbft_get_missed_encode(const pbft_missed *m, buffer *out)
{
    size_t list = rlp_begin_list(out);
    rlp_write_u32(out, m->number);
    rlp_write_string(out, BYTES_OF_VALUE(m->block_hash));
    size_t items = rlp_begin_list(out);
    for (size_t i = 0; i < m->count; i++) {
        size_t item = rlp_begin_list(out);
        rlp_write_string(out, BYTES_OF_VALUE(m->items[i].hash));
        rlp_write_u32(out, m->items[i].index);
        rlp_end_list(out, item);
    }
    rlp_end_list(out, items);
    rlp_end_list(out, list);
}

bool pbft_get_missed_decode(bytes encoded, arena *a, pbft_missed *out, error_text *why)
{
    rlp_reader r = rlp_open_list(encoded);
    *out = (pbft_missed){.number = rlp_read_uint(&r, 8)};
    rlp_read_fixed(&r, out->block_hash.b, sizeof out->block_hash.b, RLP_EXACT);
    rlp_reader items = rlp_read_list(&r);
    if (r.error)
        return refuse(why, "GetMissedTxs", &r);
    /* Each item takes at least 34 bytes, so the count is bounded by what was received. */
    out->count = rlp_count_items(&items);
    if (out->count > BLOCK_TRANSACTIONS_MAX || out->count > encoded.size / 34)
        return error_set(why, "GetMissedTxs: %zu items are too many", out->count);
    out->items = arena_take_array(a, out->count, sizeof *out->items);
    for (size_t i = 0; i < out->count; i++) {
        rlp_reader item = rlp_read_list(&items);
        rlp_read_fixed(&item, out->items[i].hash.b, sizeof out->items[i].hash.b, RLP_EXACT);
        out->items[i].index = (uint32_t)rlp_read_uint(&item, 4);
        if (item.error)
            return refuse(why, "GetMissedTxs, one transaction", &item);
    }
    return items.error || !rlp_at_end(&items) ? refuse(why, "GetMissedTxs, transactions", &items) : true;
}

void pbft_missed_encode(const pbft_missed *m, buffer *out)
{
    size_t list = rlp_begin_list(out);
    rlp_write_u32(out, m->number);
    rlp_write_string(out, BYTES_OF_VALUE(m->block_hash));
    rlp_write_string(out, m->transactions);
    rlp_end_list(out, list);
}

bool pbft_missed_decode(bytes encoded, pbft_missed *out, error_text *why)
{
    rlp_reader r = rlp_open_list(encoded);
    *out = (pbft_missed){.number = rlp_read_uint(&r, 8)};
    rlp_read_fixed(&r, out->block_hash.b, sizeof out->block_hash.b, RLP_EXACT);
    out->transactions = rlp_read_string(&r);
    return r.error ? refuse(why, "MissedTxs", &r) : true;
}
