#include "contract/number_text.h"

#include "codec/hex.h"

static bool read_digits(bytes digits, unsigned base, u256 *out)
{
    u256 value = U256_ZERO;
    if (digits.size == 0)
        return false;
    for (size_t i = 0; i < digits.size; i++) {
        int digit = hex_digit((char)digits.data[i]);
        if (digit < 0 || (unsigned)digit >= base)
            return false;
        value = u256_add(u256_mul(value, u256_of(base)), u256_of((uint64_t)digit));
    }
    *out = value;
    return true;
}

static bool read_number(bytes text, bool allows_hex, u256 *out)
{
    bool negative = text.size > 0 && text.data[0] == '-', read;
    if (negative)
        text = bytes_from(text, 1);
    bool leads_with_zero = text.size > 1 && text.data[0] == '0';
    if (leads_with_zero && allows_hex && (text.data[1] == 'x' || text.data[1] == 'X'))
        read = read_digits(bytes_from(text, 2), 16, out);
    else
        read = leads_with_zero ? read_digits(bytes_from(text, 1), 8, out) : read_digits(text, 10, out);
    if (read && negative)
        *out = u256_sub(U256_ZERO, *out);
    return read;
}

bool number_read_cast(bytes text, u256 *out)
{
    return read_number(text, false, out);
}

bool number_read_constructed(bytes text, u256 *out)
{
    if (text.size == 0) {
        *out = U256_ZERO;
        return true;
    }
    return read_number(text, true, out);
}
