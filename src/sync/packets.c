#include "sync/packets.h"
#include "codec/rlp.h"
#include "sync/sync.h"

#include <assert.h>

enum { HEADER_NUMBER_ITEM = 6, TYPE_BYTE_MAX = 0x7f };

static const char *const type_names[SYNC_PACKET_TYPES] = {"Status",    "Transactions", "Blocks",
                                                          "ReqBlocks", "TxsStatus",    "TxsRequest"};

static int64_t read_number(rlp_reader *r)
{
    uint64_t value = rlp_read_uint(r, 8);
    if (value > INT64_MAX) {
        rlp_fail(r, RLP_WRONG_SIZE);
        return 0;
    }
    return (int64_t)value;
}

static void write_hashes(const hash256 *hashes, size_t count, buffer *out)
{
    size_t list = rlp_begin_list(out);
    for (size_t i = 0; i < count; i++)
        rlp_write_string(out, BYTES_OF_VALUE(hashes[i]));
    rlp_end_list(out, list);
}

static void read_hashes(rlp_reader *r, arena *a, sync_packet *out)
{
    rlp_reader list = rlp_read_list(r);
    size_t count = rlp_count_items(&list);
    if (count > SYNC_PACKET_HASHES_MAX) {
        rlp_fail(r, RLP_WRONG_SIZE);
        return;
    }
    hash256 *hashes = arena_take_array(a, count, sizeof *hashes);
    for (size_t i = 0; i < count; i++)
        rlp_read_fixed(&list, hashes[i].b, sizeof hashes[i], RLP_EXACT);
    if (list.error || !rlp_at_end(&list))
        rlp_fail(r, list.error ? list.error : RLP_TRAILING_BYTES);
    out->hashes.hashes = hashes;
    out->hashes.count = count;
}

static void read_blocks(rlp_reader *r, arena *a, sync_packet *out)
{
    size_t count = rlp_count_items(r);
    if (count > SYNC_PACKET_BLOCKS_MAX) {
        rlp_fail(r, RLP_WRONG_SIZE);
        return;
    }
    bytes *encoded = arena_take_array(a, count, sizeof *encoded);
    for (size_t i = 0; i < count; i++)
        encoded[i] = rlp_read_string(r);
    if (!rlp_at_end(r))
        (void)rlp_read_item(r); /* says what is wrong with it */
    out->blocks.encoded = encoded;
    out->blocks.count = count;
}

void sync_packet_encode(const sync_packet *p, buffer *out)
{
    buffer_append_byte(out, (uint8_t)(p->type + 1));
    size_t list = rlp_begin_list(out);
    switch (p->type) {
    case SYNC_PACKET_STATUS:
        rlp_write_uint(out, (uint64_t)p->status.number);
        rlp_write_string(out, BYTES_OF_VALUE(p->status.genesis_hash));
        rlp_write_string(out, BYTES_OF_VALUE(p->status.latest_hash));
        if (p->status.has_time)
            rlp_write_uint(out, p->status.utc_ms);
        break;
    case SYNC_PACKET_TRANSACTIONS:
        rlp_write_string(out, p->transactions.list);
        if (p->transactions.has_index)
            rlp_write_u32(out, p->transactions.index);
        break;
    case SYNC_PACKET_BLOCKS:
        for (size_t i = 0; i < p->blocks.count; i++)
            rlp_write_string(out, p->blocks.encoded[i]);
        break;
    case SYNC_PACKET_BLOCKS_REQUEST:
        rlp_write_u32(out, (uint64_t)p->request.from);
        rlp_write_u32(out, (uint64_t)p->request.count);
        break;
    case SYNC_PACKET_TXS_STATUS:
        rlp_write_u32(out, (uint64_t)p->hashes.number);
        write_hashes(p->hashes.hashes, p->hashes.count, out);
        break;
    case SYNC_PACKET_TXS_REQUEST:
        write_hashes(p->hashes.hashes, p->hashes.count, out);
        break;
    case SYNC_PACKET_TYPES:
        assert(false);
    }
    rlp_end_list(out, list);
}

static void read_status(rlp_reader *r, sync_packet *out)
{
    out->status.number = read_number(r);
    rlp_read_fixed(r, out->status.genesis_hash.b, sizeof(hash256), RLP_EXACT);
    rlp_read_fixed(r, out->status.latest_hash.b, sizeof(hash256), RLP_EXACT);
    out->status.has_time = !r->error && !rlp_at_end(r);
    if (out->status.has_time)
        out->status.utc_ms = rlp_read_uint(r, 8);
    if (!r->error && !rlp_at_end(r)) /* a wrong number of items is refused (8.2) */
        rlp_fail(r, RLP_TRAILING_BYTES);
}

bool sync_packet_decode(bytes payload, arena *a, sync_packet *out, error_text *why)
{
    *out = (sync_packet){0};
    if (payload.size < 2 || payload.data[0] > TYPE_BYTE_MAX)
        return error_set(why, "sync packet: %zu bytes, no type", payload.size);
    if (payload.data[0] == 0 || payload.data[0] > SYNC_PACKET_TYPES)
        return error_set(why, "sync packet: unknown type %u", payload.data[0]);
    out->type = (sync_packet_type)(payload.data[0] - 1);
    rlp_reader r = rlp_open_list(bytes_from(payload, 1));
    switch (out->type) {
    case SYNC_PACKET_STATUS:
        read_status(&r, out);
        break;
    case SYNC_PACKET_TRANSACTIONS:
        out->transactions.list = rlp_read_string(&r);
        out->transactions.has_index = !r.error && !rlp_at_end(&r);
        if (out->transactions.has_index)
            out->transactions.index = rlp_read_uint(&r, 8);
        break;
    case SYNC_PACKET_BLOCKS:
        read_blocks(&r, a, out);
        break;
    case SYNC_PACKET_BLOCKS_REQUEST:
        out->request.from = read_number(&r);
        out->request.count = read_number(&r);
        break;
    case SYNC_PACKET_TXS_STATUS:
        out->hashes.number = read_number(&r);
        read_hashes(&r, a, out);
        break;
    case SYNC_PACKET_TXS_REQUEST:
        read_hashes(&r, a, out);
        break;
    case SYNC_PACKET_TYPES:
        assert(false);
    }
    return !r.error || error_set(why, "%s packet, item %u: %s", type_names[out->type], r.item, rlp_error_text(r.error));
}

bool sync_peek_block_number(bytes encoded, int64_t *number)
{
    rlp_reader block_items = rlp_open_list(encoded), header = rlp_read_list(&block_items);
    for (int i = 0; i < HEADER_NUMBER_ITEM; i++)
        (void)rlp_read_item(&header);
    *number = read_number(&header);
    return !block_items.error && !header.error;
}

void sync_encode_blocks(const bytes *encoded_blocks, size_t count, buffer *out)
{
    sync_packet_encode(&(sync_packet){.type = SYNC_PACKET_BLOCKS, .blocks = {encoded_blocks, count}}, out);
}
