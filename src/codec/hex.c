#include "codec/hex.h"

void hex_write(bytes in, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < in.size; i++) {
        out[2 * i] = digits[in.data[i] >> 4];
        out[2 * i + 1] = digits[in.data[i] & 15];
    }
}

char *hex_text(arena *a, bytes in)
{
    char *out = arena_take(a, 2 * in.size + 1);
    hex_write(in, out);
    return out;
}

void hex_append(buffer *out, bytes in)
{
    uint8_t *room = buffer_extend(out, 2 * in.size);
    if (room)
        hex_write(in, (char *)room);
}

int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool hex_read(bytes text, uint8_t *out, size_t size)
{
    if (text.size % 2 || text.size / 2 != size)
        return false;
    for (size_t i = 0; i < size; i++) {
        int high = hex_digit((char)text.data[2 * i]), low = hex_digit((char)text.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool hex_read_any(arena *a, bytes text, bytes *out)
{
    if (bytes_start_with(text, BYTES_OF_LITERAL("0x")))
        text = bytes_from(text, 2);
    size_t size = text.size / 2 + text.size % 2;
    uint8_t *room = arena_take(a, size);
    size_t odd = text.size % 2;
    if (odd) {
        int digit = hex_digit((char)text.data[0]);
        if (digit < 0)
            return false;
        room[0] = (uint8_t)digit;
    }
    if (!hex_read(bytes_of(text.data ? text.data + odd : NULL, text.size - odd), room + odd, size - odd))
        return false;
    *out = bytes_of(room, size);
    return true;
}
