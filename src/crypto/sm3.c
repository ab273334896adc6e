#include "base/bytes.h"
#include "crypto/compress.h"

const uint32_t sm3_initial[8] = {
    0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
};

static inline uint32_t rotate(uint32_t x, unsigned bits)
{
    return x << (bits & 31) | x >> (-bits & 31);
}

static inline uint32_t p0(uint32_t x)
{
    return x ^ rotate(x, 9) ^ rotate(x, 17);
}

static inline uint32_t p1(uint32_t x)
{
    return x ^ rotate(x, 15) ^ rotate(x, 23);
}

static void expand(uint32_t w[68], const uint8_t *block)
{
    for (int j = 0; j < 16; j++)
        w[j] = read_be32(block + 4 * j);
    for (int j = 16; j < 68; j++)
        w[j] = p1(w[j - 16] ^ w[j - 9] ^ rotate(w[j - 3], 15)) ^ rotate(w[j - 13], 7) ^ w[j - 6];
}

/* Round j. Instead of moving the eight words along, the caller renames them; d and h receive the new words. */
static inline __attribute__((always_inline)) void sm3_round(unsigned j, const uint32_t w[68], uint32_t a, uint32_t *b,
                                                            uint32_t c, uint32_t *d, uint32_t e, uint32_t *f, uint32_t g,
                                                            uint32_t *h)
{
    bool early = j < 16;
    uint32_t t = early ? 0x79cc4519 : 0x7a879d8a;
    uint32_t ss1 = rotate(rotate(a, 12) + e + rotate(t, j), 7);
    uint32_t ff = early ? a ^ *b ^ c : (a & *b) | (c & (a | *b));
    uint32_t gg = early ? e ^ *f ^ g : g ^ (e & (*f ^ g));
    uint32_t tt1 = ff + *d + (ss1 ^ rotate(a, 12)) + (w[j] ^ w[j + 4]);
    uint32_t tt2 = gg + *h + ss1 + w[j];
    *b = rotate(*b, 9);
    *f = rotate(*f, 19);
    *d = tt1;
    *h = p0(tt2);
}

static void compress_block(uint32_t state[8], const uint8_t *block)
{
    uint32_t w[68];
    expand(w, block);
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (unsigned j = 0; j < 64; j += 4) {
        sm3_round(j, w, a, &b, c, &d, e, &f, g, &h);
        sm3_round(j + 1, w, d, &a, b, &c, h, &e, f, &g);
        sm3_round(j + 2, w, c, &d, a, &b, g, &h, e, &f);
        sm3_round(j + 3, w, b, &c, d, &a, f, &g, h, &e);
    }
    state[0] ^= a, state[1] ^= b, state[2] ^= c, state[3] ^= d;
    state[4] ^= e, state[5] ^= f, state[6] ^= g, state[7] ^= h;
}

void sm3_compress(uint32_t state[8], const uint8_t *blocks, size_t count)
{
    for (; count > 0; count--, blocks += 64)
        compress_block(state, blocks);
}
