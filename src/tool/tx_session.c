#include "tool/tx_session.h"
#include "base/ini.h"
#include "codec/hex.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/random.h>

enum { BLOCK_LIMIT_AHEAD = 500 };

const tx_session tx_session_default = {.rpc = "127.0.0.1:8545", .group = 1};

bool tx_take_option(tx_session *s, int option, const char *value)
{
    switch (option) {
    case 'r':
        s->rpc = value;
        return true;
    case 'a':
        s->abi = value;
        return true;
    case 'k':
        s->key = value;
        return true;
    case 'g':
        s->group = (unsigned)atoi(value);
        return true;
    case 't':
        s->to = value;
        return true;
    }
    return false;
}

bool tx_read_contract(tx_session *s)
{
    bytes json;
    if (s->abi == NULL)
        return error_set(&s->why, "say which contract: --abi FILE");
    if (!file_read(&s->memory, s->abi, ABI_JSON_MAX_BYTES, &json, &s->why))
        return false;
    if (abi_contract_parse(&s->memory, json, &s->contract, &s->why))
        return true;
    error_prefix(&s->why, "%s", s->abi);
    return false;
}

/* Selector and encoded arguments behind `prefix`. */
static bool encode_call(tx_session *s, const abi_entry *entry, bytes prefix, char **arguments, size_t count, bytes *out)
{
    abi_value values;
    if (!abi_values_from_texts(&s->memory, &entry->inputs, (const char *const *)arguments, count, &values, &s->why)) {
        error_prefix(&s->why, "%s", entry->signature ? entry->signature : "constructor");
        return false;
    }
    buffer encoded = buffer_init(TRANSACTION_MAX_BYTES);
    buffer_append(&encoded, prefix);
    abi_encode(&values, &encoded);
    bool ok = !encoded.overflowed || error_set(&s->why, "the arguments are too large");
    *out = arena_copy(&s->memory, buffer_bytes(&encoded));
    buffer_free(&encoded);
    return ok;
}

bool tx_encode_method(tx_session *s, char **arguments, size_t count, const abi_entry **entry, bytes *out)
{
    if (count == 0)
        return error_set(&s->why, "say which method to run");
    *entry = abi_contract_find(&s->contract, ABI_FUNCTION, bytes_of_text(arguments[0]), &s->why);
    if (*entry == NULL)
        return false;
    hash256 hash = suite_hash(&crypto_standard, bytes_of_text((*entry)->signature));
    return encode_call(s, *entry, bytes_of(hash.b, 4), arguments + 1, count - 1, out);
}

/* The code of --bin with the constructor's arguments behind it. */
bool tx_encode_deployment(tx_session *s, char **arguments, size_t count, bytes *out)
{
    bytes text, code;
    if (s->bin == NULL)
        return error_set(&s->why, "say which code to deploy: --bin FILE");
    if (!file_read(&s->memory, s->bin, 2 * TRANSACTION_MAX_BYTES, &text, &s->why))
        return false;
    while (text.size && (text.data[text.size - 1] == '\n' || text.data[text.size - 1] == '\r'))
        text.size--;
    if (!hex_read_any(&s->memory, text, &code))
        return error_set(&s->why, "%s: not hex", s->bin);
    static const abi_entry no_constructor = {.kind = ABI_CONSTRUCTOR, .inputs = {.kind = ABI_TUPLE}};
    const abi_entry *entry = abi_contract_find(&s->contract, ABI_CONSTRUCTOR, BYTES_EMPTY, NULL);
    return encode_call(s, entry ? entry : &no_constructor, code, arguments, count, out);
}

static bool text_number(const char *text, u256 *out)
{
    if (text == NULL)
        return false;
    char *end;
    unsigned long long value = strtoull(text, &end, 0);
    *out = u256_of(value);
    return *text && *end == '\0';
}

/* Chain id, version and block limit, as the node says. */
bool tx_ask_chain(tx_session *s, chain_rules *rules, transaction_fields *fields)
{
    json_t *version = rpc_client_call(s->client, "getClientVersion", json_array(), NULL, &s->why);
    if (version == NULL)
        return false;
    const char *supported = json_string_value(json_object_get(version, "Supported Version"));
    u256 chain_id, height;
    bool ok = text_number(json_string_value(json_object_get(version, "Chain Id")), &chain_id) && supported &&
              version_parse(bytes_of_text(supported), &rules->version, &s->why);
    json_decref(version);
    if (!ok)
        return error_set(&s->why, "getClientVersion: the answer names no chain id or version");
    json_t *number = rpc_client_call(s->client, "getBlockNumber", json_pack("[i]", (int)s->group), NULL, &s->why);
    ok = text_number(json_string_value(number), &height);
    json_decref(number);
    if (!ok)
        return false;
    rules->suite = &crypto_standard;
    fields->chain_id = chain_id;
    fields->group_id = u256_of(s->group);
    fields->block_limit = u256_of(height.limb[0] + BLOCK_LIMIT_AHEAD);
    fields->gas_price = fields->gas = u256_of(300000000); /* carried, not used: the chain's limit counts */
    tx_random_nonce(&fields->nonce);
    return true;
}

bool tx_read_target(tx_session *s, address *to)
{
    bytes text = bytes_of_text(s->to ? s->to : "");
    if (bytes_start_with(text, BYTES_OF_LITERAL("0x")))
        text = bytes_from(text, 2);
    return hex_read(text, to->b, sizeof to->b) || error_set(&s->why, "say which contract: --to ADDRESS (40 hex digits)");
}

bool tx_read_key(tx_session *s, account_key *key)
{
    if (s->key == NULL)
        s->key = getenv("HANSE_KEY");
    if (s->key == NULL)
        return error_set(&s->why, "say who sends it: --key FILE (hanse account new makes one), or HANSE_KEY");
    return key_file_read(s->key, key, &s->why);
}

void tx_random_nonce(u256 *nonce)
{
    uint8_t random[32];
    ssize_t got = getrandom(random, sizeof random, 0);
    assert(got == (ssize_t)sizeof random); /* so small a request is never cut short */
    (void)got;
    *nonce = u256_shift_right(u256_from_be(bytes_of(random, sizeof random)), 8); /* below 2^248: some SDKs want it so */
}
