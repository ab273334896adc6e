#include "eth/blooms.h"
#include "base/memory.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

typedef struct {
    hash256 chain;
    int64_t first; /* number of its first block */
    uint64_t used; /* when, in uses of the cache */
    bool is_known[ETH_BLOOM_PAGE_BLOCKS];
    bloom blooms[ETH_BLOOM_PAGE_BLOCKS];
} page;

struct eth_blooms {
    pthread_mutex_t lock;
    uint64_t uses;
    size_t pages_max, page_count;
    page *last; /* found: searches ask for one block after the other */
    page *pages[];
};

eth_blooms *eth_blooms_new(size_t pages_max)
{
    assert(pages_max > 0);
    eth_blooms *c = memory_new(sizeof *c + pages_max * sizeof *c->pages);
    c->pages_max = pages_max;
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

void eth_blooms_free(eth_blooms *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->page_count; i++)
        free(c->pages[i]);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static bool is_of(const page *p, const hash256 *chain, int64_t number)
{
    return number >= p->first && number - p->first < ETH_BLOOM_PAGE_BLOCKS && hash256_equal(&p->chain, chain);
}

static page *find_page(eth_blooms *c, const hash256 *chain, int64_t number)
{
    if (c->last == NULL || !is_of(c->last, chain, number)) {
        c->last = NULL;
        for (size_t i = 0; i < c->page_count && c->last == NULL; i++)
            if (is_of(c->pages[i], chain, number))
                c->last = c->pages[i];
    }
    if (c->last)
        c->last->used = ++c->uses;
    return c->last;
}

static page *make_page(eth_blooms *c, const hash256 *chain, int64_t number)
{
    page *p = NULL;
    if (c->page_count < c->pages_max) {
        p = c->pages[c->page_count++] = memory_new(sizeof *p);
    } else {
        p = c->pages[0];
        for (size_t i = 1; i < c->page_count; i++)
            if (c->pages[i]->used < p->used)
                p = c->pages[i];
        memset(p->is_known, 0, sizeof p->is_known);
    }
    p->chain = *chain;
    p->first = number / ETH_BLOOM_PAGE_BLOCKS * ETH_BLOOM_PAGE_BLOCKS;
    p->used = ++c->uses;
    return c->last = p;
}

bool eth_blooms_get(eth_blooms *c, const hash256 *chain, int64_t number, bloom *out)
{
    pthread_mutex_lock(&c->lock);
    const page *p = find_page(c, chain, number);
    bool found = p && p->is_known[number - p->first];
    if (found)
        *out = p->blooms[number - p->first];
    pthread_mutex_unlock(&c->lock);
    return found;
}

void eth_blooms_put(eth_blooms *c, const hash256 *chain, int64_t number, const bloom *b)
{
    pthread_mutex_lock(&c->lock);
    page *p = find_page(c, chain, number);
    if (p == NULL)
        p = make_page(c, chain, number);
    p->is_known[number - p->first] = true;
    p->blooms[number - p->first] = *b;
    pthread_mutex_unlock(&c->lock);
}
