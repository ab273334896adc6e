/* limiter.h: a token bucket: permits come back at `rate` a second, up to `capacity` are kept; one request may overdraw, and while
   in debt everything is refused. Source: spec/network.md 12.2. Pure: it is told the time. Thread: one at a time. */
#ifndef HANSE_CHANNEL_LIMITER_H
#define HANSE_CHANNEL_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    double rate, capacity; /* rate 0: off, everything is allowed */
    double permits;
    uint64_t updated_ms;
} limiter;

static inline limiter limiter_of(double rate, double capacity, uint64_t now_ms)
{
    return (limiter){rate, capacity, capacity, now_ms};
}

/* cost: at most one second's worth is overdrawn. */
static inline bool limiter_take(limiter *l, double cost, uint64_t now_ms)
{
    if (l->rate <= 0)
        return true;
    if (now_ms > l->updated_ms) {
        l->permits += l->rate * (double)(now_ms - l->updated_ms) / 1000;
        if (l->permits > l->capacity)
            l->permits = l->capacity;
        l->updated_ms = now_ms;
    }
    if (l->permits <= 0 || l->permits - cost <= -l->rate)
        return false;
    l->permits -= cost;
    return true;
}

#endif
