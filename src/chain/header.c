#include "chain/header.h"
#include "codec/rlp.h"

void header_encode(const block_header *h, buffer *out)
{
    size_t list = rlp_begin_list(out);
    rlp_write_string(out, BYTES_OF_VALUE(h->parent_hash));
    rlp_write_string(out, BYTES_OF_VALUE(h->state_root));
    rlp_write_string(out, BYTES_OF_VALUE(h->transactions_root));
    rlp_write_string(out, BYTES_OF_VALUE(h->receipts_root));
    rlp_write_string(out, BYTES_OF_VALUE(h->db_hash));
    rlp_write_string(out, BYTES_OF_VALUE(h->logs_bloom));
    rlp_write_uint(out, (uint64_t)h->number);
    rlp_write_u256(out, h->gas_limit);
    rlp_write_u256(out, h->gas_used);
    rlp_write_uint(out, h->timestamp_ms);
    size_t extra = rlp_begin_list(out);
    for (size_t i = 0; i < h->extra_count; i++)
        rlp_write_string(out, h->extra_data[i]);
    rlp_end_list(out, extra);
    rlp_write_u256(out, h->sealer);
    size_t sealers = rlp_begin_list(out);
    for (size_t i = 0; i < h->sealer_count; i++)
        rlp_write_string(out, BYTES_OF_VALUE(h->sealers[i]));
    rlp_end_list(out, sealers);
    rlp_end_list(out, list);
}

hash256 header_hash(const crypto_suite *suite, const block_header *h)
{
    buffer encoded = buffer_init(BUFFER_NO_LIMIT);
    header_encode(h, &encoded);
    hash256 hash = suite_hash(suite, buffer_bytes(&encoded));
    buffer_free(&encoded);
    return hash;
}

static bool decode_extra(rlp_reader list, arena *a, block_header *h, error_text *why)
{
    size_t count = rlp_count_items(&list);
    if (count > HEADER_EXTRA_ITEMS_MAX)
        return error_set(why, "block header: %zu extraData items, at most %d", count, HEADER_EXTRA_ITEMS_MAX);
    h->extra_data = arena_take_array(a, count, sizeof *h->extra_data);
    while (!rlp_at_end(&list))
        h->extra_data[h->extra_count++] = rlp_read_string(&list);
    return list.error == RLP_OK ||
           error_set(why, "block header: extraData item %u: %s", list.item, rlp_error_text(list.error));
}

static bool decode_sealers(rlp_reader list, arena *a, block_header *h, error_text *why)
{
    size_t count = rlp_count_items(&list);
    if (count > HEADER_SEALERS_MAX)
        return error_set(why, "block header: %zu sealers, at most %d", count, HEADER_SEALERS_MAX);
    h->sealers = arena_take_array(a, count, sizeof *h->sealers);
    while (!rlp_at_end(&list))
        rlp_read_fixed(&list, h->sealers[h->sealer_count++].b, sizeof(node_id), RLP_EXACT);
    return list.error == RLP_OK ||
           error_set(why, "block header: sealerList item %u: %s", list.item, rlp_error_text(list.error));
}

bool header_decode(bytes encoded, arena *a, block_header *out, error_text *why)
{
    static const char *const names[] = {"parentHash", "stateRoot", "transactionsRoot", "receiptsRoot", "dbHash",
                                        "logBloom",   "number",    "gasLimit",         "gasUsed",      "timestamp",
                                        "extraData",  "sealer",    "sealerList"};
    block_header h = {0};
    rlp_reader r = rlp_open_list(encoded);
    hash256 *const hashes[] = {&h.parent_hash, &h.state_root, &h.transactions_root, &h.receipts_root, &h.db_hash};
    for (size_t i = 0; i < COUNT(hashes); i++)
        rlp_read_fixed(&r, hashes[i]->b, sizeof(hash256), RLP_EXACT);
    rlp_read_fixed(&r, h.logs_bloom.b, BLOOM_BYTES, RLP_EXACT);
    uint64_t number = rlp_read_uint(&r, 8);
    if (number >= INT64_MAX)
        rlp_fail(&r, RLP_WRONG_SIZE);
    h.number = (int64_t)number;
    h.gas_limit = rlp_read_u256(&r);
    h.gas_used = rlp_read_u256(&r);
    h.timestamp_ms = rlp_read_uint(&r, 8);
    rlp_reader extra = rlp_read_list(&r);
    h.sealer = rlp_read_u256(&r);
    rlp_reader sealers = rlp_read_list(&r);
    if (r.error)
        return error_set(why, "block header: %s: %s", r.item < COUNT(names) ? names[r.item] : "",
                         rlp_error_text(r.error));
    if (u256_compare(h.gas_used, h.gas_limit) > 0)
        return error_set(why, "block header: gasUsed is above gasLimit");
    if (!decode_extra(extra, a, &h, why) || !decode_sealers(sealers, a, &h, why))
        return false;
    *out = h;
    return true;
}

block_header header_copy(arena *a, const block_header *h)
{
    block_header copy = *h;
    copy.extra_data = arena_take_array(a, h->extra_count, sizeof *copy.extra_data);
    for (size_t i = 0; i < h->extra_count; i++)
        copy.extra_data[i] = arena_copy(a, h->extra_data[i]);
    copy.sealers = arena_take_array(a, h->sealer_count, sizeof *copy.sealers);
    if (h->sealer_count)
        memcpy(copy.sealers, h->sealers, h->sealer_count * sizeof *copy.sealers);
    return copy;
}
