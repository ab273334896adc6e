#include "chain/transaction.h"
#include "base/memory.h"
#include "codec/hex.h"
#include "codec/rlp.h"

#include <assert.h>
#include <stdlib.h>

enum { V_OFFSET = 27, ERROR_HEX_BYTES = 160, FIELD_DATA = 6, ADDRESS_BYTES = sizeof(address) };

static const char *const field_names[] = {"nonce", "gasPrice",        "gas",     "blockLimit", "receiveAddress",
                                          "value", "transactionData", "chainId", "groupId",    "extraData"};

/* How many items stand before the signature. */
static unsigned field_count(const chain_rules *rules)
{
    return rules_have(rules, GATE_RC2_ENCODING) ? 10 : 7;
}

/* What one pass over the received bytes finds. */
typedef struct {
    transaction_fields fields;
    bytes signed_items;                     /* of raw: the items before the signature, one behind the other */
    uint8_t signature[SIGNATURE_MAX_BYTES]; /* raw form */
    bool is_canonical;                      /* encoding it again gives the same bytes */
} parsed;

static void read_address(rlp_reader *r, parsed *p)
{
    rlp_item item = rlp_read_item(r);
    if (r->error)
        return;
    p->fields.is_creation = item.payload.size == 0;
    if (p->fields.is_creation)
        p->is_canonical &= !item.is_list; /* QUIRK of 3.1: 0xc0 is a creation too */
    else if (item.is_list || item.payload.size != ADDRESS_BYTES)
        rlp_fail(r, RLP_WRONG_SIZE);
    else
        memcpy(p->fields.to.b, item.payload.data, ADDRESS_BYTES);
}

static void read_fields(const chain_rules *rules, rlp_reader *r, parsed *p)
{
    const uint8_t *start = r->at;
    p->fields.nonce = rlp_read_u256(r);
    p->fields.gas_price = rlp_read_u256(r);
    p->fields.gas = rlp_read_u256(r);
    p->fields.block_limit = rlp_read_u256(r);
    read_address(r, p);
    p->fields.value = rlp_read_u256(r);
    p->fields.data = rlp_read_string(r);
    if (rules_have(rules, GATE_RC2_ENCODING)) {
        p->fields.chain_id = rlp_read_u256(r);
        p->fields.group_id = rlp_read_u256(r);
        p->is_canonical &= !rlp_peek_is_list(r);
        p->fields.extra_data = rlp_read_bytes_lenient(r);
    }
    p->signed_items = bytes_of(start, (size_t)(r->at - start));
}

/* data-model.md 1.3: the items of a signature to its raw form. */
static void read_signature(const crypto_suite *suite, rlp_reader *r, parsed *p)
{
    if (suite->is_national) {
        const uint8_t *start = r->at;
        rlp_read_fixed(r, p->signature + 64, sizeof(public_key), RLP_PAD_LEFT);
        p->is_canonical &= (size_t)(r->at - start) == 2 + sizeof(public_key);
    } else {
        p->signature[64] = (uint8_t)(rlp_read_uint(r, 1) - V_OFFSET);
    }
    u256_to_be(rlp_read_u256(r), p->signature);
    u256_to_be(rlp_read_u256(r), p->signature + 32);
}

static void write_signature(const crypto_suite *suite, const uint8_t *signature, buffer *out)
{
    if (suite->is_national)
        rlp_write_string(out, bytes_of(signature + 64, sizeof(public_key)));
    else
        rlp_write_uint(out, (uint8_t)(signature[64] + V_OFFSET));
    rlp_write_u256(out, u256_from_be(bytes_of(signature, 32)));
    rlp_write_u256(out, u256_from_be(bytes_of(signature + 32, 32)));
}

static void write_fields(const chain_rules *rules, const transaction_fields *f, buffer *out)
{
    rlp_write_u256(out, f->nonce);
    rlp_write_u256(out, f->gas_price);
    rlp_write_u256(out, f->gas);
    rlp_write_u256(out, f->block_limit);
    rlp_write_string(out, f->is_creation ? BYTES_EMPTY : BYTES_OF_VALUE(f->to));
    rlp_write_u256(out, f->value);
    rlp_write_string(out, f->data);
    if (rules_have(rules, GATE_RC2_ENCODING)) {
        rlp_write_u256(out, f->chain_id);
        rlp_write_u256(out, f->group_id);
        rlp_write_string(out, f->extra_data);
    }
}

void transaction_encode_unsigned(const chain_rules *rules, const transaction_fields *fields, buffer *out)
{
    size_t list = rlp_begin_list(out);
    write_fields(rules, fields, out);
    rlp_end_list(out, list);
}

static void encode_signed(const chain_rules *rules, const transaction_fields *fields, const uint8_t *signature,
                          buffer *out)
{
    size_t list = rlp_begin_list(out);
    write_fields(rules, fields, out);
    write_signature(rules->suite, signature, out);
    rlp_end_list(out, list);
}

static hash256 hash_list(const crypto_suite *suite, bytes items)
{
    uint8_t header[RLP_HEADER_MAX_BYTES];
    return suite_hash2(suite, bytes_of(header, rlp_list_header(items.size, header)), items);
}

static void fail(transaction_error *error, transaction_error kind)
{
    if (error)
        *error = kind;
}

static void fail_field(const chain_rules *rules, bytes raw, const char *field, error_text *why)
{
    char hex[2 * ERROR_HEX_BYTES + 4] = "";
    size_t shown = raw.size < ERROR_HEX_BYTES ? raw.size : ERROR_HEX_BYTES;
    hex_write(bytes_of(raw.data, shown), hex);
    if (shown < raw.size)
        memcpy(hex + 2 * shown, "...", 4);
    if (rules_have(rules, GATE_RC2_ENCODING))
        error_set(why, "invalid rc2 transaction format, invalid Field:%s, RLP: %s", field, hex);
    else
        error_set(why, "invalid rc1 transaction format, invalid field name: %s RLP: %s", field, hex);
}

/* Why the bytes as a whole are no list, in the reference's words where there are any. */
static void fail_list(const chain_rules *rules, bytes raw, error_text *why)
{
    rlp_reader r = rlp_reader_of(raw);
    rlp_item item = rlp_read_item(&r);
    if (r.error == RLP_OK && item.whole.size < raw.size)
        error_set(why, "Actual size: %zu, data size: %zu", item.whole.size, raw.size);
    else if (raw.size && r.error)
        error_set(why, "transaction of %zu bytes: %s", raw.size, rlp_error_text(r.error));
    else
        error_set(why, "%s transaction RLP must be a list", rules_have(rules, GATE_RC2_ENCODING) ? "rc2" : "rc1");
}

static bool parse(const chain_rules *rules, bytes raw, parsed *p, transaction_error *error, error_text *why)
{
    *p = (parsed){.is_canonical = true};
    if (raw.size > TRANSACTION_MAX_BYTES) {
        fail(error, TX_TOO_LARGE);
        return error_set(why, "transaction of %zu bytes, at most %d", raw.size, TRANSACTION_MAX_BYTES);
    }
    rlp_reader r = rlp_open_list(raw);
    if (r.error) {
        fail(error, TX_BAD_LIST);
        fail_list(rules, raw, why);
        return false;
    }
    read_fields(rules, &r, p);
    read_signature(rules->suite, &r, p);
    p->is_canonical &= rlp_at_end(&r);
    if (r.error == RLP_OK)
        return true;
    if (r.item == FIELD_DATA && (r.error == RLP_NOT_A_STRING || r.at == r.end)) {
        fail(error, TX_BAD_DATA);
        return error_set(why, "%s transaction data RLP must be an array",
                         rules_have(rules, GATE_RC2_ENCODING) ? "rc2" : "rc1");
    }
    fail(error, TX_BAD_FIELD);
    fail_field(rules, raw, r.item < field_count(rules) ? field_names[r.item] : "signature", why);
    return false;
}

/* A view of `part` of `from`, in the copy of `from` at `to`. */
static bytes move_view(bytes part, bytes from, const uint8_t *to)
{
    return part.size ? bytes_of(to + (part.data - from.data), part.size) : BYTES_EMPTY;
}

/* One allocation holds the transaction, its signature and its raw bytes. */
static transaction *build(const transaction_fields *f, bytes signature, bytes raw)
{
    transaction *tx = memory_new(sizeof *tx + signature.size + raw.size);
    uint8_t *signature_at = (uint8_t *)(tx + 1), *raw_at = signature_at + signature.size;
    if (signature.size)
        memcpy(signature_at, signature.data, signature.size);
    if (raw.size)
        memcpy(raw_at, raw.data, raw.size);
    reference_init(&tx->references);
    tx->nonce = f->nonce, tx->gas_price = f->gas_price, tx->gas = f->gas, tx->block_limit = f->block_limit;
    tx->value = f->value, tx->chain_id = f->chain_id, tx->group_id = f->group_id;
    tx->is_creation = f->is_creation;
    tx->is_signed = signature.size != 0;
    tx->to = f->to;
    tx->data = move_view(f->data, raw, raw_at);
    tx->extra_data = move_view(f->extra_data, raw, raw_at);
    tx->signature = bytes_of(signature_at, signature.size);
    tx->raw = bytes_of(raw_at, raw.size);
    return tx;
}

static void set_hashes(const chain_rules *rules, transaction *tx, const parsed *p)
{
    if (p->is_canonical) {
        tx->signing_hash = hash_list(rules->suite, p->signed_items);
        tx->hash = suite_hash(rules->suite, tx->raw);
        return;
    }
    buffer again = buffer_init(BUFFER_NO_LIMIT);
    transaction_encode_unsigned(rules, &p->fields, &again);
    tx->signing_hash = suite_hash(rules->suite, buffer_bytes(&again));
    buffer_clear(&again);
    encode_signed(rules, &p->fields, p->signature, &again);
    tx->hash = suite_hash(rules->suite, buffer_bytes(&again));
    buffer_free(&again);
}

transaction *transaction_decode(const chain_rules *rules, bytes raw, transaction_checks checks,
                                transaction_error *error, error_text *why)
{
    parsed p;
    if (!parse(rules, raw, &p, error, why))
        return NULL;
    transaction *tx = build(&p.fields, bytes_of(p.signature, rules->suite->signature_bytes), raw);
    set_hashes(rules, tx, &p);
    if (checks == TX_CHECK_EVERYTHING &&
        !(rules->suite->is_well_formed(tx->signature) && transaction_recover_sender(rules, tx))) {
        transaction_drop(tx);
        fail(error, TX_BAD_SIGNATURE);
        fail_field(rules, raw, "signature", why);
        return NULL;
    }
    fail(error, TX_OK);
    return tx;
}

bool transaction_recover_sender(const chain_rules *rules, transaction *tx)
{
    public_key key;
    if (tx->sender_known)
        return true;
    if (!tx->is_signed || !rules->suite->recover(&tx->signing_hash, tx->signature, &key))
        return false;
    tx->sender = address_of_key(rules->suite, &key);
    tx->sender_known = true;
    return true;
}

size_t transaction_recover_senders(const chain_rules *rules, transaction **txs, size_t count)
{
    hash256 *digests = memory_new_array(count, sizeof *digests);
    bytes *signatures = memory_new_array(count, sizeof *signatures);
    public_key *keys = memory_new_array(count, sizeof *keys);
    bool *found = memory_new_array(count, sizeof *found);
    transaction **wanted = memory_new_array(count, sizeof *wanted);
    size_t asked = 0, known = 0;
    for (size_t i = 0; i < count; i++) {
        if (txs[i]->sender_known || !txs[i]->is_signed) {
            known += txs[i]->sender_known;
            continue;
        }
        digests[asked] = txs[i]->signing_hash;
        signatures[asked] = txs[i]->signature;
        wanted[asked++] = txs[i];
    }
    suite_recover_many(rules->suite, digests, signatures, asked, keys, found);
    for (size_t i = 0; i < asked; i++) {
        if (!found[i])
            continue;
        wanted[i]->sender = address_of_key(rules->suite, &keys[i]);
        wanted[i]->sender_known = true;
        known++;
    }
    free(digests);
    free(signatures);
    free(keys);
    free(found);
    free(wanted);
    return known;
}

transaction *transaction_keep(transaction *tx)
{
    reference_add(&tx->references);
    return tx;
}

void transaction_drop(transaction *tx)
{
    if (tx && reference_drop(&tx->references))
        free(tx);
}

transaction *transaction_sign(const chain_rules *rules, const transaction_fields *fields, const secret_key *key)
{
    buffer encoded = buffer_init(BUFFER_NO_LIMIT);
    transaction_encode_unsigned(rules, fields, &encoded);
    hash256 digest = suite_hash(rules->suite, buffer_bytes(&encoded));
    uint8_t signature[SIGNATURE_MAX_BYTES];
    rules->suite->sign(key, &digest, signature);
    buffer_clear(&encoded);
    encode_signed(rules, fields, signature, &encoded);
    error_text why = {""};
    transaction *tx = transaction_decode(rules, buffer_bytes(&encoded), TX_CHECK_EVERYTHING, NULL, &why);
    buffer_free(&encoded);
    return tx;
}

transaction *transaction_unsigned_call(const chain_rules *rules, const transaction_fields *fields, const address *from)
{
    buffer encoded = buffer_init(BUFFER_NO_LIMIT);
    transaction_encode_unsigned(rules, fields, &encoded);
    rlp_reader r = rlp_open_list(buffer_bytes(&encoded));
    parsed p = {0};
    read_fields(rules, &r, &p);
    assert(r.error == RLP_OK);
    transaction *tx = build(&p.fields, BYTES_EMPTY, buffer_bytes(&encoded));
    tx->signing_hash = tx->hash = suite_hash(rules->suite, tx->raw);
    tx->sender = *from;
    tx->sender_known = true;
    buffer_free(&encoded);
    return tx;
}
