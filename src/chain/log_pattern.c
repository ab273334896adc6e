#include "chain/log_pattern.h"
#include "base/memory.h"

#include <stdlib.h>

static int compare_addresses(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(address));
}

static int compare_topics(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(hash256));
}

void log_pattern_sort(log_pattern *p)
{
    if (p->address_count)
        qsort(p->addresses, p->address_count, sizeof *p->addresses, compare_addresses);
    for (size_t t = 0; t < LOG_TOPICS_MAX; t++)
        if (p->topics[t].count)
            qsort(p->topics[t].values, p->topics[t].count, sizeof(hash256), compare_topics);
}

void log_pattern_prepare(log_pattern *p, const crypto_suite *suite, arena *a)
{
    log_pattern_sort(p);
    p->address_bits = arena_take_array(a, p->address_count, sizeof *p->address_bits);
    for (size_t i = 0; i < p->address_count; i++)
        p->address_bits[i] = bloom_bits_of(suite, BYTES_OF_VALUE(p->addresses[i]));
    for (size_t t = 0; t < LOG_TOPICS_MAX; t++) {
        p->topics[t].bits = arena_take_array(a, p->topics[t].count, sizeof *p->topics[t].bits);
        for (size_t i = 0; i < p->topics[t].count; i++)
            p->topics[t].bits[i] = bloom_bits_of(suite, BYTES_OF_VALUE(p->topics[t].values[i]));
    }
}

/* Items into the memory at *at, which moves on. In the order of their alignment nothing needs to be padded. */
static void *put(uint8_t **at, const void *items, size_t count, size_t item_size)
{
    if (items == NULL || count == 0)
        return NULL;
    void *to = *at;
    memcpy(to, items, count * item_size);
    *at += count * item_size;
    return to;
}

log_pattern *log_pattern_copy(const log_pattern *p, size_t *size_bytes)
{
    size_t addresses = p->address_count, topics = 0;
    for (size_t t = 0; t < LOG_TOPICS_MAX; t++)
        topics += p->topics[t].count;
    *size_bytes =
        sizeof *p + (addresses + topics) * sizeof(bloom_bits) + topics * sizeof(hash256) + addresses * sizeof(address);
    log_pattern *copy = memory_new(*size_bytes);
    *copy = *p;
    uint8_t *at = (uint8_t *)(copy + 1);
    copy->address_bits = put(&at, p->address_bits, addresses, sizeof(bloom_bits));
    for (size_t t = 0; t < LOG_TOPICS_MAX; t++)
        copy->topics[t].bits = put(&at, p->topics[t].bits, p->topics[t].count, sizeof(bloom_bits));
    for (size_t t = 0; t < LOG_TOPICS_MAX; t++)
        copy->topics[t].values = put(&at, p->topics[t].values, p->topics[t].count, sizeof(hash256));
    copy->addresses = put(&at, p->addresses, addresses, sizeof(address));
    return copy;
}

bool log_pattern_matches(const log_pattern *p, const log_entry *entry)
{
    if (entry->topic_count < p->topics_min)
        return false;
    if (p->address_count &&
        bsearch(&entry->from, p->addresses, p->address_count, sizeof entry->from, compare_addresses) == NULL)
        return false;
    for (size_t i = 0; i < LOG_TOPICS_MAX; i++)
        if (p->topics[i].count &&
            (i >= entry->topic_count || bsearch(&entry->topics[i], p->topics[i].values, p->topics[i].count,
                                                sizeof(hash256), compare_topics) == NULL))
            return false;
    return true;
}

static bool any_is_in(const bloom_bits *bits, size_t count, const bloom *b)
{
    for (size_t i = 0; i < count; i++)
        if (bloom_has(b, bits[i]))
            return true;
    return count == 0;
}

bool log_pattern_may_match(const log_pattern *p, const bloom *b)
{
    if (!any_is_in(p->address_bits, p->address_count, b))
        return false;
    for (size_t t = 0; t < LOG_TOPICS_MAX; t++)
        if (!any_is_in(p->topics[t].bits, p->topics[t].count, b))
            return false;
    return true;
}
