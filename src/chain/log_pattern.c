#include "chain/log_pattern.h"

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

bool log_pattern_matches(const log_pattern *p, const log_entry *entry)
{
    if (entry->topic_count < p->topics_min)
        return false;
    if (p->address_count && bsearch(&entry->from, p->addresses, p->address_count, sizeof entry->from, compare_addresses) == NULL)
        return false;
    for (size_t i = 0; i < LOG_TOPICS_MAX; i++)
        if (p->topics[i].count &&
            (i >= entry->topic_count ||
             bsearch(&entry->topics[i], p->topics[i].values, p->topics[i].count, sizeof(hash256), compare_topics) == NULL))
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
