/* hex.h: lower-case hexadecimal text. */
#ifndef HANSE_CODEC_HEX_H
#define HANSE_CODEC_HEX_H

#include "base/arena.h"
#include "base/buffer.h"

void hex_write(bytes in, char *out);            /* 2 * in.size characters, no terminating zero */
char *hex_text(arena *a, bytes in);             /* zero-terminated */
void hex_append(buffer *out, bytes in);
int hex_digit(char c);                          /* 0..15, or -1 */
/* Text of exactly 2 * size digits of either case into out. */
bool hex_read(bytes text, uint8_t *out, size_t size) MUST_USE;
/* Optional 0x prefix; an odd number of digits makes the first digit a byte of its own (spec data-model 1.2, interfaces 3.2).
   false: a character that is no digit. */
bool hex_read_any(arena *a, bytes text, bytes *out) MUST_USE;

#endif
