#include "eth/filters.h"
#include "base/map.h"
#include "base/memory.h"
#include "eth/eth.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

typedef struct {
    eth_filter filter; /* first: what takers hold */
    uint64_t id;
    uint64_t asked_ms;
    size_t pattern_bytes;
    bool is_taken, is_removed;
} installed_filter;

struct eth_filters {
    pthread_mutex_t lock;
    uint64_t (*now_ms)(void);
    map by_id;
    size_t pattern_bytes; /* of all */
};

static uint64_t random_id(void)
{
    uint64_t id = 0;
    while (id == 0) {
        ssize_t size = getrandom(&id, sizeof id, 0);
        assert(size == (ssize_t)sizeof id); /* so few bytes come whole once the system has started */
    }
    return id;
}

eth_filters *eth_filters_new(uint64_t (*now_ms)(void))
{
    eth_filters *f = memory_new(sizeof *f);
    pthread_mutex_init(&f->lock, NULL);
    f->now_ms = now_ms;
    f->by_id = map_init(random_id());
    return f;
}

static void free_filter(installed_filter *one)
{
    free((void *)one->filter.pattern);
    free(one);
}

void eth_filters_free(eth_filters *f)
{
    if (f == NULL)
        return;
    map_entry *entry;
    for (size_t i = 0; (entry = map_next(&f->by_id, &i));)
        free_filter(entry->value);
    map_free(&f->by_id);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

static installed_filter *find(const eth_filters *f, uint64_t id)
{
    return map_get(&f->by_id, BYTES_OF_VALUE(id));
}

static void forget(eth_filters *f, installed_filter *one)
{
    map_remove(&f->by_id, BYTES_OF_VALUE(one->id));
    f->pattern_bytes -= one->pattern_bytes;
    one->is_removed = true;
    if (!one->is_taken)
        free_filter(one);
}

static void forget_idle(eth_filters *f)
{
    uint64_t now = f->now_ms();
    installed_filter *idle[64]; /* the others go the next time */
    size_t count = 0;
    map_entry *entry;
    for (size_t i = 0; count < COUNT(idle) && (entry = map_next(&f->by_id, &i));) {
        installed_filter *one = entry->value;
        if (!one->is_taken && now - one->asked_ms >= ETH_FILTER_IDLE_MS)
            idle[count++] = one;
    }
    for (size_t i = 0; i < count; i++)
        forget(f, idle[i]);
}

bool eth_filters_add(eth_filters *f, const eth_filter *one, uint64_t *id)
{
    size_t size = 0;
    log_pattern *copy = one->pattern ? log_pattern_copy(one->pattern, &size) : NULL;
    pthread_mutex_lock(&f->lock);
    forget_idle(f);
    bool has_room = f->by_id.count < ETH_FILTERS_MAX && f->pattern_bytes + size <= ETH_PATTERNS_MAX_BYTES;
    if (has_room) {
        installed_filter *made = memory_new(sizeof *made);
        made->filter = *one;
        made->filter.pattern = copy;
        made->pattern_bytes = size;
        f->pattern_bytes += size;
        do
            made->id = random_id();
        while (find(f, made->id));
        made->asked_ms = f->now_ms();
        map_put(&f->by_id, BYTES_OF_VALUE(made->id), made);
        *id = made->id;
    }
    pthread_mutex_unlock(&f->lock);
    if (!has_room)
        free(copy);
    return has_room;
}

bool eth_filters_remove(eth_filters *f, uint64_t id)
{
    pthread_mutex_lock(&f->lock);
    installed_filter *one = find(f, id);
    if (one)
        forget(f, one);
    pthread_mutex_unlock(&f->lock);
    return one != NULL;
}

eth_filter_result eth_filters_take(eth_filters *f, uint64_t id, eth_filter **out)
{
    *out = NULL;
    pthread_mutex_lock(&f->lock);
    forget_idle(f);
    installed_filter *one = find(f, id);
    eth_filter_result result = one == NULL ? ETH_FILTER_UNKNOWN : one->is_taken ? ETH_FILTER_BUSY : ETH_FILTER_TAKEN;
    if (result == ETH_FILTER_TAKEN) {
        one->is_taken = true;
        one->asked_ms = f->now_ms();
        *out = &one->filter;
    }
    pthread_mutex_unlock(&f->lock);
    return result;
}

void eth_filters_give_back(eth_filters *f, eth_filter *taken)
{
    installed_filter *one = (installed_filter *)taken;
    pthread_mutex_lock(&f->lock);
    one->is_taken = false;
    if (one->is_removed)
        free_filter(one);
    pthread_mutex_unlock(&f->lock);
}
