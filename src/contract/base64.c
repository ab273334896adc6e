#include "contract/base64.h"

static int digit_of(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_read_until_padding(arena *a, bytes text, bytes *out)
{
    uint8_t *raw = arena_take(a, text.size);
    size_t size = 0;
    uint32_t bits = 0, held = 0;
    for (size_t i = 0; i < text.size && text.data[i] != '='; i++) {
        int digit = digit_of(text.data[i]);
        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        held += 6;
        if (held >= 8) {
            held -= 8;
            raw[size++] = (uint8_t)(bits >> held);
        }
    }
    *out = bytes_of(raw, size);
    return true;
}
