#include "state/address_text.h"
#include "codec/hex.h"

void address_write_hex(const address *a, char out[ADDRESS_HEX_BYTES])
{
    hex_write(BYTES_OF_VALUE(*a), out);
    out[ADDRESS_HEX_BYTES - 1] = '\0';
}

void address_write_prefixed(const address *a, char out[ADDRESS_PREFIXED_BYTES])
{
    out[0] = '0', out[1] = 'x';
    address_write_hex(a, out + 2);
}

static bytes without_prefix(bytes text)
{
    return text.size >= 2 && text.data[0] == '0' && text.data[1] == 'x' ? bytes_from(text, 2) : text;
}

static bool all_digits(bytes text)
{
    for (size_t i = 0; i < text.size; i++)
        if (hex_digit((char)text.data[i]) < 0)
            return false;
    return true;
}

bool address_read_exact(bytes text, address *out)
{
    *out = (address){0};
    text = without_prefix(text);
    if (!all_digits(text))
        return false;
    if (text.size == 2 * sizeof out->b)
        return hex_read(text, out->b, sizeof out->b);
    if (text.size != 2 * sizeof out->b - 1)
        return false;
    out->b[0] = (uint8_t)hex_digit((char)text.data[0]);
    return hex_read(bytes_from(text, 1), out->b + 1, sizeof out->b - 1);
}

bool address_read_text(bytes text, address *out)
{
    return address_read_exact(text, out) || all_digits(without_prefix(text));
}
