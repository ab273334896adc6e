#include "chain/receipt.h"
#include "codec/rlp.h"

bloom_bits bloom_bits_of(const crypto_suite *suite, bytes value)
{
    hash256 hash = suite_hash(suite, value);
    bloom_bits bits;
    for (int i = 0; i < 3; i++)
        bits.bit[i] = read_be16(hash.b + 2 * i) & 0x7ff;
    return bits;
}

static uint8_t *bloom_byte(bloom *b, unsigned bit)
{
    return &b->b[BLOOM_BYTES - 1 - bit / 8];
}

bool bloom_has(const bloom *b, bloom_bits bits)
{
    for (int i = 0; i < 3; i++)
        if ((b->b[BLOOM_BYTES - 1 - bits.bit[i] / 8] >> bits.bit[i] % 8 & 1) == 0)
            return false;
    return true;
}

static void bloom_add(const crypto_suite *suite, bloom *b, bytes part)
{
    bloom_bits bits = bloom_bits_of(suite, part);
    for (int i = 0; i < 3; i++)
        *bloom_byte(b, bits.bit[i]) |= (uint8_t)(1u << bits.bit[i] % 8);
}

void bloom_join(bloom *b, const bloom *more)
{
    for (size_t i = 0; i < BLOOM_BYTES; i++)
        b->b[i] |= more->b[i];
}

void bloom_add_log(const crypto_suite *suite, bloom *b, const log_entry *entry)
{
    bloom_add(suite, b, BYTES_OF_VALUE(entry->from));
    for (size_t i = 0; i < entry->topic_count; i++)
        bloom_add(suite, b, BYTES_OF_VALUE(entry->topics[i]));
}

void receipt_set_bloom(const crypto_suite *suite, receipt *r)
{
    memset(&r->logs_bloom, 0, sizeof r->logs_bloom);
    for (size_t i = 0; i < r->log_count; i++)
        bloom_add_log(suite, &r->logs_bloom, &r->logs[i]);
}

static void encode_log(const log_entry *entry, buffer *out)
{
    size_t list = rlp_begin_list(out);
    rlp_write_string(out, BYTES_OF_VALUE(entry->from));
    size_t topics = rlp_begin_list(out);
    for (size_t i = 0; i < entry->topic_count; i++)
        rlp_write_string(out, BYTES_OF_VALUE(entry->topics[i]));
    rlp_end_list(out, topics);
    rlp_write_string(out, entry->data);
    rlp_end_list(out, list);
}

void receipt_encode(const chain_rules *rules, const receipt *r, buffer *out)
{
    size_t list = rlp_begin_list(out);
    rlp_write_string(out, BYTES_OF_VALUE(r->state_root));
    rlp_write_u256(out, r->gas_used);
    rlp_write_string(out, BYTES_OF_VALUE(r->contract_address));
    rlp_write_string(out, BYTES_OF_VALUE(r->logs_bloom));
    rlp_write_uint(out, r->status);
    rlp_write_string(out, r->output);
    if (rules_have(rules, GATE_REMAIN_GAS))
        rlp_write_u256(out, r->remain_gas);
    size_t logs = rlp_begin_list(out);
    for (size_t i = 0; i < r->log_count; i++)
        encode_log(&r->logs[i], out);
    rlp_end_list(out, logs);
    rlp_end_list(out, list);
}

hash256 receipt_hash(const chain_rules *rules, const receipt *r)
{
    buffer encoded = buffer_init(BUFFER_NO_LIMIT);
    receipt_encode(rules, r, &encoded);
    hash256 hash = suite_hash(rules->suite, buffer_bytes(&encoded));
    buffer_free(&encoded);
    return hash;
}

static bool decode_log(rlp_reader log, log_entry *out)
{
    if (rlp_count_items(&log) != 3)
        return false;
    rlp_read_fixed(&log, out->from.b, sizeof out->from, RLP_EXACT);
    rlp_reader topics = rlp_read_list(&log);
    out->data = rlp_read_string(&log);
    while (!rlp_at_end(&topics)) {
        if (out->topic_count == LOG_TOPICS_MAX)
            return false;
        rlp_read_fixed(&topics, out->topics[out->topic_count++].b, sizeof(hash256), RLP_EXACT);
    }
    return log.error == RLP_OK && topics.error == RLP_OK;
}

static bool decode_logs(rlp_reader list, arena *a, receipt *r, error_text *why)
{
    size_t count = rlp_count_items(&list);
    if (count > RECEIPT_LOGS_MAX)
        return error_set(why, "receipt: %zu logs, at most %d", count, RECEIPT_LOGS_MAX);
    /* The smallest log has 24 bytes: what is counted here is paid for by the sender. */
    if (count > (size_t)(list.end - list.at) / LOG_MIN_BYTES)
        return error_set(why, "receipt: a log is shorter than %d bytes", LOG_MIN_BYTES);
    r->logs = arena_take_array(a, count, sizeof *r->logs);
    while (!rlp_at_end(&list)) {
        rlp_reader log = rlp_read_list(&list);
        if (list.error == RLP_OK && !decode_log(log, &r->logs[r->log_count++]))
            return error_set(why, "receipt: log %zu is malformed", r->log_count - 1);
    }
    return list.error == RLP_OK || error_set(why, "receipt: logs: %s", rlp_error_text(list.error));
}

bool receipt_decode(const chain_rules *rules, bytes encoded, arena *a, receipt *out, error_text *why)
{
    receipt r = {0};
    rlp_reader list = rlp_open_list(encoded);
    rlp_read_fixed(&list, r.state_root.b, sizeof r.state_root, RLP_EXACT);
    r.gas_used = rlp_read_u256(&list);
    rlp_read_fixed(&list, r.contract_address.b, sizeof r.contract_address, RLP_EXACT);
    rlp_read_fixed(&list, r.logs_bloom.b, BLOOM_BYTES, RLP_EXACT);
    r.status = (uint32_t)rlp_read_uint(&list, 4);
    r.output = rlp_read_bytes_lenient(&list);
    if (rules_have(rules, GATE_REMAIN_GAS))
        r.remain_gas = rlp_read_u256(&list);
    rlp_reader logs = rlp_read_list(&list);
    if (list.error)
        return error_set(why, "receipt: item %u: %s", list.item, rlp_error_text(list.error));
    if (!decode_logs(logs, a, &r, why))
        return false;
    *out = r;
    return true;
}
