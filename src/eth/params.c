/* Parameters in Ethereum's forms: "0x" quantities and bytes, blocks by number, tag or object (EIP-1474, EIP-1898). */
#include "codec/hex.h"
#include "eth/inside.h"

#include <stdarg.h>
#include <stdio.h>

const json_t *eth_param(const rpc_call *c, size_t index)
{
    const json_t *value = json_array_get(c->params, index);
    return json_is_null(value) ? NULL : value;
}

bool eth_bad_param(rpc_call *c, size_t index, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return rpc_error(c, RPC_INVALID_PARAMS, "invalid argument %zu: %s", index, text);
}

/* The digits behind "0x". */
static bool read_digits(rpc_call *c, size_t index, const json_t *value, bytes *out)
{
    if (value == NULL)
        return rpc_error(c, RPC_INVALID_PARAMS, "missing value for required argument %zu", index);
    if (!json_is_string(value))
        return eth_bad_param(c, index, "expected a string of hexadecimal digits behind 0x");
    bytes text = bytes_of(json_string_value(value), json_string_length(value));
    if (!bytes_start_with(text, BYTES_OF_LITERAL("0x")) && !bytes_start_with(text, BYTES_OF_LITERAL("0X")))
        return eth_bad_param(c, index, "hex string without 0x prefix");
    *out = bytes_from(text, 2);
    return true;
}

static bool read_exactly(rpc_call *c, size_t index, const json_t *value, uint8_t *out, size_t size)
{
    bytes digits;
    return read_digits(c, index, value, &digits) &&
           (hex_read(digits, out, size) ||
            eth_bad_param(c, index, "expected %zu hexadecimal digits behind 0x", 2 * size));
}

bool eth_read_hash(rpc_call *c, size_t index, const json_t *value, hash256 *out)
{
    return read_exactly(c, index, value, out->b, sizeof out->b);
}

bool eth_read_address(rpc_call *c, size_t index, const json_t *value, address *out)
{
    return read_exactly(c, index, value, out->b, sizeof out->b);
}

bool eth_read_bytes(rpc_call *c, size_t index, const json_t *value, bytes *out)
{
    bytes digits;
    if (!read_digits(c, index, value, &digits))
        return false;
    uint8_t *data = arena_take(c->memory, digits.size / 2);
    *out = bytes_of(data, digits.size / 2);
    return hex_read(digits, data, digits.size / 2) ||
           eth_bad_param(c, index, "expected an even number of hexadecimal digits behind 0x");
}

bool eth_read_quantity(rpc_call *c, size_t index, const json_t *value, u256 *out)
{
    enum { DIGITS_MAX = 64 };
    if (json_is_integer(value) && json_integer_value(value) >= 0) {
        *out = u256_of((uint64_t)json_integer_value(value));
        return true;
    }
    bytes digits;
    if (!read_digits(c, index, value, &digits))
        return false;
    if (digits.size == 0)
        return eth_bad_param(c, index, "hex string \"0x\" is no number");
    if (digits.size > DIGITS_MAX)
        return eth_bad_param(c, index, "hex number larger than 256 bits");
    *out = U256_ZERO;
    for (size_t i = 0; i < digits.size; i++) {
        int digit = hex_digit((char)digits.data[i]);
        if (digit < 0)
            return eth_bad_param(c, index, "invalid hex string");
        *out = u256_add(u256_shift_left(*out, 4), u256_of((uint64_t)digit));
    }
    return true;
}

bool eth_read_count(rpc_call *c, size_t index, const json_t *value, uint64_t *out)
{
    u256 number;
    if (!eth_read_quantity(c, index, value, &number))
        return false;
    *out = u256_fits_u64(number) ? number.limb[0] : UINT64_MAX;
    return true;
}

bool eth_read_flag(rpc_call *c, size_t index, bool otherwise, bool *out)
{
    const json_t *value = eth_param(c, index);
    *out = value ? json_is_true(value) : otherwise;
    return value == NULL || json_is_boolean(value) || eth_bad_param(c, index, "expected true or false");
}

/* true: value is a tag, and *out is set. */
static bool read_tag(const json_t *value, int64_t head, int64_t *out)
{
    static const char *const of_head[] = {"latest", "pending", "safe", "finalized"};
    const char *text = json_string_value(value);
    *out = head;
    for (size_t i = 0; text && i < COUNT(of_head); i++)
        if (strcmp(text, of_head[i]) == 0)
            return true;
    *out = 0;
    return text && strcmp(text, "earliest") == 0;
}

bool eth_read_block_number(rpc_call *c, size_t index, const json_t *value, int64_t head, int64_t *out)
{
    uint64_t number;
    if (value == NULL) {
        *out = head;
        return true;
    }
    if (read_tag(value, head, out))
        return true;
    if (!eth_read_count(c, index, value, &number))
        return false;
    *out = number > INT64_MAX ? INT64_MAX : (int64_t)number;
    return true;
}

bool eth_read_block(rpc_call *c, size_t index, int64_t head, eth_block_name *out)
{
    enum { HASH_TEXT_BYTES = 66 };
    const json_t *value = eth_param(c, index), *hash = json_object_get(value, "blockHash");
    if (json_is_string(value) && json_string_length(value) == HASH_TEXT_BYTES)
        hash = value;
    *out = (eth_block_name){.by_hash = hash != NULL};
    if (hash)
        return eth_read_hash(c, index, hash, &out->hash);
    return eth_read_block_number(c, index, json_is_object(value) ? json_object_get(value, "blockNumber") : value, head,
                                 &out->number);
}

/* ---- filter objects ---- */

static bool read_addresses(rpc_call *c, size_t index, const json_t *value, log_pattern *out)
{
    bool is_many = json_is_array(value);
    if (value == NULL || json_is_null(value))
        return true;
    size_t count = is_many ? json_array_size(value) : 1;
    if (count > ETH_PATTERN_VALUES_MAX)
        return eth_bad_param(c, index, "more than %d addresses", ETH_PATTERN_VALUES_MAX);
    out->addresses = arena_take_array(c->memory, count, sizeof *out->addresses);
    out->address_count = count;
    for (size_t i = 0; i < count; i++)
        if (!eth_read_address(c, index, is_many ? json_array_get(value, i) : value, &out->addresses[i]))
            return false;
    return true;
}

/* null: any; one value; or alternatives, of which null is any. */
static bool read_topic(rpc_call *c, size_t index, const json_t *value, log_pattern *out, size_t topic)
{
    bool is_many = json_is_array(value);
    if (json_is_null(value))
        return true;
    size_t count = is_many ? json_array_size(value) : 1;
    if (count > ETH_PATTERN_VALUES_MAX)
        return eth_bad_param(c, index, "more than %d values for one topic", ETH_PATTERN_VALUES_MAX);
    out->topics[topic].values = arena_take_array(c->memory, count, sizeof(hash256));
    for (size_t i = 0; i < count; i++) {
        const json_t *one = is_many ? json_array_get(value, i) : value;
        if (json_is_null(one)) {
            out->topics[topic].count = 0;
            return true;
        }
        if (!eth_read_hash(c, index, one, &out->topics[topic].values[i]))
            return false;
        out->topics[topic].count++;
    }
    return true;
}

static bool read_topics(rpc_call *c, size_t index, const json_t *value, log_pattern *out)
{
    if (value == NULL || json_is_null(value))
        return true;
    if (!json_is_array(value) || json_array_size(value) > LOG_TOPICS_MAX)
        return eth_bad_param(c, index, "topics: expected an array of at most %d", LOG_TOPICS_MAX);
    out->topics_min = json_array_size(value);
    for (size_t i = 0; i < out->topics_min; i++)
        if (!read_topic(c, index, json_array_get(value, i), out, i))
            return false;
    return true;
}

static const json_t *member(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

static bool read_range(rpc_call *c, size_t index, const json_t *query, int64_t head, eth_log_query *out)
{
    const json_t *from = member(query, "fromBlock"), *to = member(query, "toBlock");
    int64_t ignored;
    out->to_is_open = to == NULL || read_tag(to, head, &ignored);
    if (!eth_read_block_number(c, index, from, head, &out->from) ||
        !eth_read_block_number(c, index, to, head, &out->to))
        return false;
    bool has_ends = from && !read_tag(from, head, &ignored) && !out->to_is_open;
    if (has_ends && out->from > out->to)
        return eth_bad_param(c, index, "invalid block range: fromBlock is behind toBlock");
    return true;
}

bool eth_read_log_query(rpc_call *c, size_t index, ledger *l, eth_log_query *out)
{
    const json_t *query = eth_param(c, index);
    *out = (eth_log_query){0};
    if (query == NULL)
        return rpc_error(c, RPC_INVALID_PARAMS, "missing value for required argument %zu", index);
    if (!json_is_object(query))
        return eth_bad_param(c, index, "expected a filter object");
    const json_t *hash = member(query, "blockHash");
    if (hash) {
        if (member(query, "fromBlock") || member(query, "toBlock"))
            return eth_bad_param(c, index, "blockHash goes without fromBlock and toBlock");
        out->by_hash = true;
        if (!eth_read_hash(c, index, hash, &out->block_hash))
            return false;
    } else if (!read_range(c, index, query, ledger_head(l).number, out)) {
        return false;
    }
    if (!read_addresses(c, index, member(query, "address"), &out->pattern) ||
        !read_topics(c, index, member(query, "topics"), &out->pattern))
        return false;
    log_pattern_prepare(&out->pattern, ledger_rules(l)->suite, c->memory);
    return true;
}
