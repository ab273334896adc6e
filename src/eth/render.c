#include "eth/render.h"
#include "codec/json_member.h"

#include <assert.h>

/* Numbers that clients keep in a double are exact up to 2^53 - 1. */
#define NUMBER_MASK ((UINT64_C(1) << 53) - 1)

static void key_null(json_writer *w, const char *key)
{
    json_write_key(w, key);
    json_write_null(w);
}

/* For members that clients read as 64 bits: what senders put there freely. */
static uint64_t at_most_u64(u256 value)
{
    return u256_fits_u64(value) ? value.limb[0] : UINT64_MAX;
}

/* ---- blocks ---- */

static const uint8_t no_uncles[32] = {/* Keccak-256 of an empty RLP list */
                                      0x1d, 0xcc, 0x4d, 0xe8, 0xde, 0xc7, 0x5d, 0x7a, 0xab, 0x85, 0xb5,
                                      0x67, 0xb6, 0xcc, 0xd4, 0x1a, 0xd3, 0x12, 0x45, 0x1b, 0x94, 0x8a,
                                      0x74, 0x13, 0xf0, 0xa1, 0x42, 0xfd, 0x40, 0xd4, 0x93, 0x47};
static const uint8_t zeros[32];

/* The address of the sealer's key; zero for the genesis block. */
static address miner_of(const eth_rendering *r, const block_header *h)
{
    if (!u256_fits_u64(h->sealer) || h->sealer.limb[0] >= h->sealer_count)
        return (address){{0}};
    return address_of_key(r->rules->suite, &h->sealers[h->sealer.limb[0]]);
}

static bloom joined_bloom(const block *b)
{
    bloom all = {{0}};
    for (size_t i = 0; i < b->receipt_count; i++)
        bloom_join(&all, &b->receipts[i].logs_bloom);
    return all;
}

/* Below 2.9.0 receipts hold the running total of the block (spec/data-model.md 4.2). */
static u256 gas_used_until(const eth_rendering *r, const block *b, size_t count)
{
    if (!rules_have(r->rules, GATE_REMAIN_GAS))
        return count ? b->receipts[count - 1].gas_used : U256_ZERO;
    u256 sum = U256_ZERO;
    for (size_t i = 0; i < count; i++)
        sum = u256_add(sum, b->receipts[i].gas_used);
    return sum;
}

static void write_extra_data(json_writer *w, const block_header *h)
{
    buffer joined = buffer_init(BUFFER_NO_LIMIT);
    for (size_t i = 0; i < h->extra_count; i++)
        buffer_append(&joined, h->extra_data[i]);
    json_member_hex(w, "extraData", buffer_bytes(&joined));
    buffer_free(&joined);
}

static void write_transactions(json_writer *w, const eth_rendering *r, const block *b, eth_block_form form)
{
    json_write_key(w, "transactions");
    json_write_begin_array(w);
    for (size_t i = 0; i < b->transaction_count; i++) {
        if (form == ETH_BLOCK_FULL)
            eth_write_transaction(w, r, b->transactions[i], b, i);
        else
            json_write_hex(w, BYTES_OF_VALUE(b->transactions[i]->hash));
    }
    json_write_end_array(w);
}

/* Of header and transactions: what is stored besides differs from node to node. */
static size_t size_of(const block *b)
{
    buffer encoded = buffer_init(BUFFER_NO_LIMIT);
    header_encode(&b->header, &encoded);
    size_t size = encoded.size;
    buffer_free(&encoded);
    for (size_t i = 0; i < b->transaction_count; i++)
        size += b->transactions[i]->raw.size;
    return size;
}

void eth_write_block(json_writer *w, const eth_rendering *r, const block *b, eth_block_form form)
{
    const block_header *h = &b->header;
    bloom logs = joined_bloom(b);
    address miner = miner_of(r, h);
    json_write_begin_object(w);
    json_member_quantity_u64(w, "difficulty", 0);
    write_extra_data(w, h);
    json_member_quantity_u64(w, "gasLimit", r->gas_limit);
    json_member_quantity(w, "gasUsed", gas_used_until(r, b, b->receipt_count));
    json_member_hex(w, "hash", BYTES_OF_VALUE(b->hash));
    json_member_hex(w, "logsBloom", BYTES_OF_VALUE(logs));
    json_member_hex(w, "miner", BYTES_OF_VALUE(miner));
    json_member_hex(w, "mixHash", BYTES_OF_VALUE(zeros));
    json_member_hex(w, "nonce", bytes_of(zeros, 8));
    json_member_quantity_u64(w, "number", (uint64_t)h->number);
    json_member_hex(w, "parentHash", BYTES_OF_VALUE(h->parent_hash));
    json_member_hex(w, "receiptsRoot", BYTES_OF_VALUE(h->receipts_root));
    json_member_hex(w, "sha3Uncles", BYTES_OF_VALUE(no_uncles));
    if (form != ETH_BLOCK_HEADER)
        json_member_quantity_u64(w, "size", size_of(b));
    json_member_hex(w, "stateRoot", BYTES_OF_VALUE(h->state_root));
    json_member_quantity_u64(w, "timestamp", h->timestamp_ms / 1000);
    json_member_quantity_u64(w, "timestampMs", h->timestamp_ms);
    if (form != ETH_BLOCK_HEADER) {
        json_member_quantity_u64(w, "totalDifficulty", 0);
        write_transactions(w, r, b, form);
    }
    json_member_hex(w, "transactionsRoot", BYTES_OF_VALUE(h->transactions_root));
    if (form != ETH_BLOCK_HEADER) {
        json_write_key(w, "uncles");
        json_write_begin_array(w);
        json_write_end_array(w);
    }
    json_write_end_object(w);
}

/* ---- transactions ---- */

/* r, s and v in Ethereum's form. A national signature has none: zeros. */
typedef struct {
    u256 r, s;
    uint64_t v;
} shown_signature;

static shown_signature signature_of(const eth_rendering *r, const transaction *tx)
{
    enum { V_OFFSET = 27 };
    if (r->rules->suite->is_national || tx->signature.size != r->rules->suite->signature_bytes)
        return (shown_signature){U256_ZERO, U256_ZERO, V_OFFSET};
    const uint8_t *raw = tx->signature.data;
    return (shown_signature){u256_from_be(bytes_of(raw, 32)), u256_from_be(bytes_of(raw + 32, 32)),
                             V_OFFSET + (raw[64] & 1u)};
}

void eth_write_transaction(json_writer *w, const eth_rendering *r, const transaction *tx, const block *b, size_t index)
{
    shown_signature signature = signature_of(r, tx);
    json_write_begin_object(w);
    if (b)
        json_member_hex(w, "blockHash", BYTES_OF_VALUE(b->hash));
    else
        key_null(w, "blockHash");
    json_member_quantity(w, "blockLimit", tx->block_limit);
    if (b)
        json_member_quantity_u64(w, "blockNumber", (uint64_t)b->header.number);
    else
        key_null(w, "blockNumber");
    json_member_quantity_u64(w, "chainId", r->chain_id);
    json_member_hex(w, "extraData", tx->extra_data);
    json_member_hex(w, "from", BYTES_OF_VALUE(tx->sender));
    json_member_quantity_u64(w, "gas", at_most_u64(tx->gas));
    json_member_quantity_u64(w, "gasPrice", at_most_u64(tx->gas_price));
    json_member_quantity(w, "groupId", tx->group_id);
    json_member_hex(w, "hash", BYTES_OF_VALUE(tx->hash));
    json_member_hex(w, "input", tx->data);
    json_member_quantity_u64(w, "nonce", tx->nonce.limb[0] & NUMBER_MASK);
    json_member_quantity(w, "r", signature.r);
    json_member_quantity(w, "randomid", tx->nonce);
    json_member_quantity(w, "s", signature.s);
    if (tx->is_creation)
        key_null(w, "to");
    else
        json_member_hex(w, "to", BYTES_OF_VALUE(tx->to));
    if (b)
        json_member_quantity_u64(w, "transactionIndex", index);
    else
        key_null(w, "transactionIndex");
    json_member_quantity_u64(w, "type", 0);
    json_member_quantity_u64(w, "v", signature.v);
    json_member_quantity(w, "value", tx->value);
    json_write_end_object(w);
}

/* ---- receipts and logs ---- */

void eth_write_log(json_writer *w, const block *b, size_t tx_index, const log_entry *entry, size_t index_in_block)
{
    json_write_begin_object(w);
    json_member_hex(w, "address", BYTES_OF_VALUE(entry->from));
    json_member_hex(w, "blockHash", BYTES_OF_VALUE(b->hash));
    json_member_quantity_u64(w, "blockNumber", (uint64_t)b->header.number);
    json_member_quantity_u64(w, "blockTimestamp", b->header.timestamp_ms / 1000);
    json_member_hex(w, "data", entry->data);
    json_member_quantity_u64(w, "logIndex", index_in_block);
    json_write_key(w, "removed");
    json_write_bool(w, false);
    json_write_key(w, "topics");
    json_write_begin_array(w);
    for (size_t i = 0; i < entry->topic_count; i++)
        json_write_hex(w, BYTES_OF_VALUE(entry->topics[i]));
    json_write_end_array(w);
    json_member_hex(w, "transactionHash", BYTES_OF_VALUE(b->transactions[tx_index]->hash));
    json_member_quantity_u64(w, "transactionIndex", tx_index);
    json_write_end_object(w);
}

void eth_write_logs(json_writer *w, const block *b, const log_pattern *pattern)
{
    size_t index = 0;
    for (size_t t = 0; t < b->receipt_count && t < b->transaction_count; t++)
        for (size_t i = 0; i < b->receipts[t].log_count; i++, index++)
            if (log_pattern_matches(pattern, &b->receipts[t].logs[i]))
                eth_write_log(w, b, t, &b->receipts[t].logs[i], index);
}

/* What stands before a receipt in its block. */
typedef struct {
    u256 gas;
    size_t logs;
} receipt_place;

static void write_receipt(json_writer *w, const eth_rendering *r, const block *b, size_t index, receipt_place before)
{
    const receipt *one = &b->receipts[index];
    const transaction *tx = b->transactions[index];
    bool is_total = !rules_have(r->rules, GATE_REMAIN_GAS);
    u256 gas_used = is_total ? u256_sub(one->gas_used, before.gas) : one->gas_used;
    json_write_begin_object(w);
    json_member_hex(w, "blockHash", BYTES_OF_VALUE(b->hash));
    json_member_quantity_u64(w, "blockNumber", (uint64_t)b->header.number);
    if (tx->is_creation && one->status == STATUS_OK)
        json_member_hex(w, "contractAddress", BYTES_OF_VALUE(one->contract_address));
    else
        key_null(w, "contractAddress");
    json_member_quantity(w, "cumulativeGasUsed", u256_add(before.gas, gas_used));
    json_member_quantity_u64(w, "effectiveGasPrice", 0);
    json_member_quantity_u64(w, "fiscoStatus", one->status);
    json_member_hex(w, "from", BYTES_OF_VALUE(tx->sender));
    json_member_quantity(w, "gasUsed", gas_used);
    json_write_key(w, "logs");
    json_write_begin_array(w);
    for (size_t i = 0; i < one->log_count; i++)
        eth_write_log(w, b, index, &one->logs[i], before.logs + i);
    json_write_end_array(w);
    json_member_hex(w, "logsBloom", BYTES_OF_VALUE(one->logs_bloom));
    json_member_hex(w, "output", one->output);
    json_member_quantity_u64(w, "status", one->status == STATUS_OK);
    json_write_key(w, "statusMsg");
    json_write_text(w, status_text(one->status));
    if (tx->is_creation)
        key_null(w, "to");
    else
        json_member_hex(w, "to", BYTES_OF_VALUE(tx->to));
    json_member_hex(w, "transactionHash", BYTES_OF_VALUE(tx->hash));
    json_member_quantity_u64(w, "transactionIndex", index);
    json_member_quantity_u64(w, "type", 0);
    json_write_end_object(w);
}

void eth_write_receipt(json_writer *w, const eth_rendering *r, const block *b, size_t index)
{
    assert(index < b->receipt_count);
    receipt_place before = {.gas = gas_used_until(r, b, index)};
    for (size_t i = 0; i < index; i++)
        before.logs += b->receipts[i].log_count;
    write_receipt(w, r, b, index, before);
}

void eth_write_receipts(json_writer *w, const eth_rendering *r, const block *b)
{
    receipt_place before = {.gas = U256_ZERO};
    bool is_total = !rules_have(r->rules, GATE_REMAIN_GAS);
    for (size_t i = 0; i < b->receipt_count; i++) {
        write_receipt(w, r, b, i, before);
        before.gas = is_total ? b->receipts[i].gas_used : u256_add(before.gas, b->receipts[i].gas_used);
        before.logs += b->receipts[i].log_count;
    }
}
