/* prng.h: a small seeded generator for choices that must be repeatable (which peer to ask, simulated losses) and need not be
   secret: xoshiro256** by Blackman and Vigna, its state filled by splitmix64 as they advise. Never for keys or nonces.
   Thread: one at a time. */
#ifndef HANSE_BASE_PRNG_H
#define HANSE_BASE_PRNG_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t s[4];
} prng;

/* One step of splitmix64: also a good mixer of a counter. */
static inline uint64_t prng_mix(uint64_t *counter)
{
    uint64_t z = *counter += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static inline prng prng_of(uint64_t seed)
{
    prng p;
    for (int i = 0; i < 4; i++)
        p.s[i] = prng_mix(&seed);
    return p;
}

static inline uint64_t prng_next(prng *p)
{
    uint64_t *s = p->s, five = s[1] * 5, result = (five << 7 | five >> 57) * 9, t = s[1] << 17;
    s[2] ^= s[0], s[3] ^= s[1], s[1] ^= s[2], s[0] ^= s[3], s[2] ^= t;
    s[3] = s[3] << 45 | s[3] >> 19;
    return result;
}

/* 0 .. bound - 1, every value equally likely (Lemire's multiply and reject); bound > 0. */
static inline uint64_t prng_below(prng *p, uint64_t bound)
{
    unsigned __int128 product = (unsigned __int128)prng_next(p) * bound;
    if ((uint64_t)product < bound) {
        uint64_t floor = -bound % bound;
        while ((uint64_t)product < floor)
            product = (unsigned __int128)prng_next(p) * bound;
    }
    return (uint64_t)(product >> 64);
}

/* Puts the numbers 0 .. count - 1 into out in random order (Fisher and Yates). */
static inline void prng_shuffle(prng *p, size_t *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t j = (size_t)prng_below(p, i + 1);
        out[i] = out[j];
        out[j] = i;
    }
}

#endif
