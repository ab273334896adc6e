#include "codec/hex.h"
#include "rpc/method.h"

#include <stdarg.h>
#include <stdio.h>

bool rpc_error(rpc_call *c, int code, const char *format, ...)
{
    if (c->error_code)
        return false;
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    c->error_code = code;
    c->error_message = arena_copy_text(c->memory, bytes_of_text(text));
    return false;
}

bool rpc_internal_error(rpc_call *c, const char *format, ...)
{
    char comment[768];
    va_list args;
    va_start(args, format);
    vsnprintf(comment, sizeof comment, format, args);
    va_end(args);
    return rpc_error(c, RPC_INTERNAL_ERROR, "INTERNAL_ERROR: : INTERNAL_ERROR: : hanse\n[dev::tag_comment*] = %s\n", comment);
}

/* A conversion of parameters that the reference's JSON layer refuses itself (interfaces.md 2.5, -32602 with data). */
static bool bad_conversion(rpc_call *c)
{
    return rpc_error(c, RPC_INVALID_PARAMS, "INVALID_PARAMS: Invalid method parameters (invalid name and/or type) recognised");
}

/* A JSON integer, or a real with an integral value, within int32. */
static bool read_int32(rpc_call *c, size_t index, int32_t *out)
{
    const json_t *value = json_array_get(c->params, index);
    double number = json_number_value(value);
    if (!(number >= INT32_MIN && number <= INT32_MAX))
        return bad_conversion(c);
    *out = (int32_t)number;
    return true;
}

bool rpc_take_group(rpc_call *c, enum rpc_group_check check)
{
    int32_t id = 0;
    if (!read_int32(c, 0, &id))
        return false;
    /* QUIRK (interfaces.md 2.5): the id is narrowed to 16 bits before the look-up. */
    c->group = c->backend->find_group(c->backend->context, (int16_t)id);
    if (c->group == NULL)
        return rpc_error(c, RPC_NO_GROUP, "GroupID does not exist");
    if (check == RPC_GROUP_EXISTS || c->backend->info->act_as_group_member)
        return true;
    c->view = c->backend->view(c->group);
    if (chain_view_has_member(c->view, &c->backend->info->self))
        return true;
    return rpc_error(c, RPC_NOT_A_MEMBER, "Don't send request to this node who doesn't belong to the group");
}

/* Digits of the given base; modulo 2^256 like the reference's conversion of hex text. */
static bool read_digits(bytes text, unsigned base, u256 *out)
{
    u256 value = U256_ZERO;
    for (size_t i = 0; i < text.size; i++) {
        int digit = hex_digit((char)text.data[i]);
        if (digit < 0 || (unsigned)digit >= base)
            return false;
        value = u256_add(u256_mul(value, u256_of(base)), u256_of((uint64_t)digit));
    }
    *out = value;
    return true;
}

bool rpc_number_text(rpc_call *c, const char *text, u256 *out)
{
    bytes all = bytes_of_text(text);
    bool ok;
    if (bytes_start_with(all, BYTES_OF_LITERAL("0x")))
        ok = read_digits(bytes_from(all, 2), 16, out);
    else if (all.size > 1 && all.data[0] == '0') /* QUIRK: a leading zero means octal */
        ok = read_digits(all, 8, out);
    else
        ok = read_digits(all, 10, out);
    return ok || rpc_internal_error(c, "can't convert %s to int", text);
}

const char *rpc_text(rpc_call *c, size_t index)
{
    return json_string_value(json_array_get(c->params, index));
}

bool rpc_flag(rpc_call *c, size_t index)
{
    return json_is_true(json_array_get(c->params, index));
}

bool rpc_block_number(rpc_call *c, size_t index, int64_t *out)
{
    u256 value;
    if (!rpc_number_text(c, rpc_text(c, index), &value))
        return false;
    if (!u256_fits_u64(value) || value.limb[0] > INT64_MAX)
        return rpc_internal_error(c, "number out of range");
    *out = (int64_t)value.limb[0];
    return true;
}

bool rpc_index(rpc_call *c, size_t index, uint64_t *out)
{
    u256 value;
    if (!rpc_number_text(c, rpc_text(c, index), &value))
        return false;
    *out = value.limb[0];
    return true;
}

bool rpc_hash(rpc_call *c, size_t index, hash256 *out)
{
    const char *text = rpc_text(c, index);
    bytes all = bytes_of_text(text);
    *out = (hash256){{0}};
    if (bytes_start_with(all, BYTES_OF_LITERAL("0x"))) {
        bytes digits = bytes_from(all, 2), decoded;
        if (digits.size > 64)
            digits = bytes_from(digits, digits.size - 64);
        if (!hex_read_any(c->memory, digits, &decoded))
            return rpc_internal_error(c, "can't convert %s to int", text);
        if (decoded.size == sizeof *out)
            memcpy(out, decoded.data, sizeof *out);
        return true;
    }
    u256 number;
    bool octal = all.size > 1 && all.data[0] == '0';
    if (all.size && read_digits(all, octal ? 8 : 10, &number))
        u256_to_be(number, out->b);
    return true;
}

bool rpc_address_text(rpc_call *c, const char *text, address *out)
{
    bytes digits = bytes_of_text(text);
    if (bytes_start_with(digits, BYTES_OF_LITERAL("0x")))
        digits = bytes_from(digits, 2);
    return hex_read(digits, out->b, sizeof out->b) || rpc_internal_error(c, "InvalidAddress: %.100s", text);
}

bool rpc_bytes_text(rpc_call *c, const char *text, bytes *out)
{
    return hex_read_any(c->memory, bytes_of_text(text), out) ||
           rpc_internal_error(c, "Cannot intepret '%.200s' as bytes; must be 0x-prefixed hex or decimal.", text);
}
