#include "consensus/block_size.h"

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

block_size block_size_new(bool is_dynamic, double increase_ratio)
{
    return (block_size){.is_dynamic = is_dynamic, .grows = increase_ratio != 0};
}

uint64_t block_size_now(block_size *s, uint64_t limit)
{
    if (!s->is_dynamic)
        return limit;
    s->max = s->is_set ? least(s->max, limit) : limit;
    s->is_set = true;
    return s->max;
}

void block_size_on_timeout(block_size *s, uint64_t sealing_tx, uint64_t limit, bool syncing, int64_t known_highest)
{
    block_size_now(s, limit);
    if (syncing)
        s->last_number = known_highest;
    s->timeout_count++;
    if (sealing_tx > 0 &&
        (s->last_timeout_tx == 0 || (s->last_timeout_tx > sealing_tx && sealing_tx > s->max_no_timeout_tx)))
        s->last_timeout_tx = sealing_tx;
    if (s->max > 2)
        s->max /= 2;
}

/* attempIncreaseTimeoutTx: blocks above the old time-out bound went well, so the bound moves up. */
static void raise_timeout_bound(block_size *s, uint64_t limit)
{
    if (s->last_timeout_tx >= limit || s->max_no_timeout_tx == limit) {
        s->last_timeout_tx = limit;
        return;
    }
    if (s->max_no_timeout_tx / 10.0 > 1)
        s->last_timeout_tx = (uint64_t)((double)s->max_no_timeout_tx * 1.1);
    else
        s->last_timeout_tx *= 2;
    s->last_timeout_tx = least(s->last_timeout_tx, limit);
}

void block_size_on_commit(block_size *s, int64_t number, uint64_t tx, uint64_t limit, bool syncing,
                          int64_t known_highest)
{
    block_size_now(s, limit);
    if (syncing) {
        s->last_number = known_highest;
        return;
    }
    if (number <= s->last_number)
        return;
    s->last_number = number;
    if (s->timeout_count > 0) {
        s->timeout_count--;
        return;
    }
    if (tx > 0 && s->max_no_timeout_tx < tx)
        s->max_no_timeout_tx = tx;
    if (s->max >= limit) {
        s->max = limit;
        return;
    }
    if (s->last_timeout_tx <= s->max_no_timeout_tx)
        raise_timeout_bound(s, limit);
    if (s->last_timeout_tx != 0 && s->max >= s->last_timeout_tx)
        return;
    s->max += s->grows && s->max > 1 ? s->max : 1;
    if (s->last_timeout_tx > 0)
        s->max = least(s->max, s->last_timeout_tx);
    if (s->max < s->max_no_timeout_tx)
        s->max = s->max_no_timeout_tx;
    s->max = least(s->max, limit);
}
