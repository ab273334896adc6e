#include "rpc/render.h"
#include "codec/json_member.h"

void rpc_write_node_id(json_writer *w, const node_id *id)
{
    json_write_plain_hex(w, BYTES_OF_VALUE(*id));
}

void rpc_write_hash(json_writer *w, const hash256 *hash)
{
    json_write_hex(w, BYTES_OF_VALUE(*hash));
}

void rpc_write_address(json_writer *w, const address *a)
{
    json_write_hex(w, BYTES_OF_VALUE(*a));
}

static void key_hash(json_writer *w, const char *key, const hash256 *hash)
{
    json_write_key(w, key);
    rpc_write_hash(w, hash);
}

static void key_address(json_writer *w, const char *key, const address *a)
{
    json_write_key(w, key);
    rpc_write_address(w, a);
}

static void write_signatures(json_writer *w, const block *b)
{
    json_write_begin_array(w);
    for (size_t i = 0; i < b->signature_count; i++) {
        json_write_begin_object(w);
        json_member_quantity_u64(w, "index", b->signatures[i].sealer_index);
        json_member_hex(w, "signature", b->signatures[i].signature);
        json_write_end_object(w);
    }
    json_write_end_array(w);
}

static void write_transactions(json_writer *w, const block *b, const crypto_suite *suite, bool full)
{
    json_write_begin_array(w);
    for (size_t i = 0; i < b->transaction_count; i++) {
        if (full)
            rpc_write_transaction(w, b->transactions[i], suite, &(rpc_place){&b->hash, b->header.number, i});
        else
            rpc_write_hash(w, &b->transactions[i]->hash);
    }
    json_write_end_array(w);
}

void rpc_write_block(json_writer *w, const block *b, const crypto_suite *suite, enum rpc_number_form form, bool with_signatures,
                     bool with_transactions, bool full_transactions)
{
    const block_header *h = &b->header;
    json_write_begin_object(w);
    key_hash(w, "dbHash", &h->db_hash);
    json_write_key(w, "extraData");
    json_write_begin_array(w);
    for (size_t i = 0; i < h->extra_count; i++)
        json_write_hex(w, h->extra_data[i]);
    json_write_end_array(w);
    json_member_quantity(w, "gasLimit", h->gas_limit);
    json_member_quantity(w, "gasUsed", h->gas_used);
    key_hash(w, "hash", &b->hash);
    json_member_hex(w, "logsBloom", BYTES_OF_VALUE(h->logs_bloom));
    json_write_key(w, "number");
    if (form == RPC_NUMBER_TEXT)
        json_write_quantity_u64(w, (uint64_t)h->number);
    else
        json_write_int(w, h->number);
    key_hash(w, "parentHash", &h->parent_hash);
    key_hash(w, "receiptsRoot", &h->receipts_root);
    json_member_quantity(w, "sealer", h->sealer);
    json_write_key(w, "sealerList");
    json_write_begin_array(w);
    for (size_t i = 0; i < h->sealer_count; i++)
        rpc_write_node_id(w, &h->sealers[i]);
    json_write_end_array(w);
    if (with_signatures) {
        json_write_key(w, "signatureList");
        write_signatures(w, b);
    }
    key_hash(w, "stateRoot", &h->state_root);
    json_member_quantity_u64(w, "timestamp", h->timestamp_ms);
    if (with_transactions) {
        json_write_key(w, "transactions");
        write_transactions(w, b, suite, full_transactions);
    }
    key_hash(w, "transactionsRoot", &h->transactions_root);
    json_write_end_object(w);
}

/* Raw form of spec/data-model.md 1.3: r, s, then recovery id or public key. */
static void write_signature(json_writer *w, bytes signature, const crypto_suite *suite)
{
    bytes v = bytes_from(signature, 64);
    json_write_begin_object(w);
    json_member_hex(w, "r", bytes_of(signature.data, 32));
    json_member_hex(w, "s", bytes_of(signature.data + 32, 32));
    json_member_hex(w, "signature", signature);
    json_write_key(w, "v");
    if (suite->is_national)
        json_write_hex(w, v);
    else
        json_write_quantity_u64(w, v.data[0]);
    json_write_end_object(w);
}

void rpc_write_transaction(json_writer *w, const transaction *tx, const crypto_suite *suite, const rpc_place *place)
{
    json_write_begin_object(w);
    if (place->block_hash)
        key_hash(w, "blockHash", place->block_hash);
    json_member_quantity(w, "blockLimit", tx->block_limit);
    if (place->block_hash)
        json_member_quantity_u64(w, "blockNumber", (uint64_t)place->block_number);
    json_member_quantity(w, "chainId", tx->chain_id);
    json_member_hex(w, "extraData", tx->extra_data);
    key_address(w, "from", &tx->sender);
    json_member_quantity(w, "gas", tx->gas);
    json_member_quantity(w, "gasPrice", tx->gas_price);
    json_member_quantity(w, "groupId", tx->group_id);
    key_hash(w, "hash", &tx->hash);
    json_member_hex(w, "input", tx->data);
    json_member_quantity(w, "nonce", tx->nonce);
    if (tx->signature.size == suite->signature_bytes) {
        json_write_key(w, "signature");
        write_signature(w, tx->signature, suite);
    }
    key_address(w, "to", &tx->to);
    if (place->block_hash)
        json_member_quantity_u64(w, "transactionIndex", place->index);
    json_member_quantity(w, "value", tx->value);
    json_write_end_object(w);
}

static void write_logs(json_writer *w, const receipt *r)
{
    json_write_key(w, "logs");
    json_write_begin_array(w);
    for (size_t i = 0; i < r->log_count; i++) {
        const log_entry *entry = &r->logs[i];
        json_write_begin_object(w);
        key_address(w, "address", &entry->from);
        json_member_hex(w, "data", entry->data);
        json_write_key(w, "topics");
        json_write_begin_array(w);
        for (size_t k = 0; k < entry->topic_count; k++)
            rpc_write_hash(w, &entry->topics[k]);
        json_write_end_array(w);
        json_write_end_object(w);
    }
    json_write_end_array(w);
}

void rpc_write_receipt_members_to_output(json_writer *w, const receipt *r, const transaction *tx, const rpc_place *place)
{
    key_hash(w, "blockHash", place->block_hash);
    json_member_quantity_u64(w, "blockNumber", (uint64_t)place->block_number);
    key_address(w, "contractAddress", &r->contract_address);
    key_address(w, "from", &tx->sender);
    json_member_quantity(w, "gasUsed", r->gas_used);
    json_member_hex(w, "input", tx->data);
    write_logs(w, r);
    json_member_hex(w, "logsBloom", BYTES_OF_VALUE(r->logs_bloom));
    json_member_hex(w, "output", r->output);
}

void rpc_write_receipt_members_from_remain_gas(json_writer *w, const receipt *r, const transaction *tx, size_t index)
{
    json_member_quantity(w, "remainGas", r->remain_gas);
    key_hash(w, "root", &r->state_root);
    json_member_quantity_u64(w, "status", r->status);
    json_write_key(w, "statusMsg");
    json_write_text(w, status_text(r->status));
    key_address(w, "to", &tx->to);
    key_hash(w, "transactionHash", &tx->hash);
    json_member_quantity_u64(w, "transactionIndex", index);
}

void rpc_write_receipt(json_writer *w, const receipt *r, const transaction *tx, const rpc_place *place)
{
    json_write_begin_object(w);
    rpc_write_receipt_members_to_output(w, r, tx, place);
    rpc_write_receipt_members_from_remain_gas(w, r, tx, place->index);
    json_write_end_object(w);
}

void rpc_write_receipt_skeleton(json_writer *w, const receipt *r, const transaction *tx, size_t index)
{
    json_write_begin_object(w);
    key_address(w, "contractAddress", &r->contract_address);
    key_address(w, "from", &tx->sender);
    json_member_quantity(w, "gasUsed", r->gas_used);
    write_logs(w, r);
    json_member_hex(w, "output", r->output);
    json_member_quantity_u64(w, "status", r->status);
    key_address(w, "to", &tx->to);
    key_hash(w, "transactionHash", &tx->hash);
    json_member_quantity_u64(w, "transactionIndex", index);
    json_write_end_object(w);
}

static void write_siblings(json_writer *w, const char *key, const bytes *siblings, size_t count)
{
    json_write_key(w, key);
    json_write_begin_array(w);
    for (size_t i = 0; i < count; i++)
        json_write_plain_hex(w, siblings[i]);
    json_write_end_array(w);
}

void rpc_write_proof(json_writer *w, const merkle_proof *proof)
{
    json_write_begin_array(w);
    for (size_t i = 0; i < proof->level_count; i++) {
        json_write_begin_object(w);
        write_siblings(w, "left", proof->levels[i].left, proof->levels[i].left_count);
        write_siblings(w, "right", proof->levels[i].right, proof->levels[i].right_count);
        json_write_end_object(w);
    }
    json_write_end_array(w);
}
