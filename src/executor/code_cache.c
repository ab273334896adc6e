#include "executor/code_cache.h"

#include "base/map.h"
#include "base/memory.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct cached_code {
    hash256 hash;
    evm_code *code;
    size_t size, users;
    cached_code *newer, *older;
};

struct code_cache {
    evm_rules rules;
    size_t max_bytes, used_bytes;
    map by_hash;
    cached_code *newest, *oldest;
    pthread_mutex_t lock;
};

code_cache *code_cache_new(const evm_rules *rules, size_t max_bytes, uint64_t hash_seed)
{
    code_cache *c = memory_new(sizeof *c);
    *c = (code_cache){.rules = *rules, .max_bytes = max_bytes, .by_hash = map_init(hash_seed)};
    int failed = pthread_mutex_init(&c->lock, NULL);
    assert(!failed);
    (void)failed;
    return c;
}

static void unlink_code(code_cache *c, cached_code *e)
{
    *(e->newer ? &e->newer->older : &c->newest) = e->older;
    *(e->older ? &e->older->newer : &c->oldest) = e->newer;
    e->newer = e->older = NULL;
}

static void link_newest(code_cache *c, cached_code *e)
{
    e->older = c->newest, e->newer = NULL;
    *(c->newest ? &c->newest->newer : &c->oldest) = e;
    c->newest = e;
}

static void drop(code_cache *c, cached_code *e)
{
    unlink_code(c, e);
    map_remove(&c->by_hash, BYTES_OF_VALUE(e->hash));
    c->used_bytes -= e->size;
    evm_code_free(e->code);
    free(e);
}

void code_cache_free(code_cache *c)
{
    if (c == NULL)
        return;
    while (c->oldest) {
        assert(c->oldest->users == 0);
        drop(c, c->oldest);
    }
    map_free(&c->by_hash);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static void shrink(code_cache *c)
{
    for (cached_code *e = c->oldest, *next; e && c->used_bytes > c->max_bytes; e = next) {
        next = e->newer;
        if (e->users == 0)
            drop(c, e);
    }
}

static cached_code *find(code_cache *c, const hash256 *hash)
{
    cached_code *e = map_get(&c->by_hash, BYTES_OF_VALUE(*hash));
    if (e) {
        unlink_code(c, e);
        link_newest(c, e);
        e->users++;
    }
    return e;
}

cached_code *code_cache_take(code_cache *c, const hash256 *hash, bytes code)
{
    enum { ANALYSED_BYTES_PER_BYTE = 32 }; /* upper bound of vm/code.h */
    pthread_mutex_lock(&c->lock);
    cached_code *e = find(c, hash);
    pthread_mutex_unlock(&c->lock);
    if (e)
        return e;
    /* Analysed outside the lock; if somebody was faster, the second copy is thrown away. */
    evm_code *analysed = evm_code_analyse(&c->rules, code);
    pthread_mutex_lock(&c->lock);
    e = find(c, hash);
    if (e == NULL) {
        e = memory_new(sizeof *e);
        *e = (cached_code){.hash = *hash, .code = analysed, .size = sizeof *e + (code.size + 64) * ANALYSED_BYTES_PER_BYTE,
                           .users = 1};
        analysed = NULL;
        map_put(&c->by_hash, BYTES_OF_VALUE(e->hash), e);
        link_newest(c, e);
        c->used_bytes += e->size;
        shrink(c);
    }
    pthread_mutex_unlock(&c->lock);
    evm_code_free(analysed);
    return e;
}

void code_cache_return(code_cache *c, cached_code *code)
{
    pthread_mutex_lock(&c->lock);
    assert(code->users > 0);
    code->users--;
    pthread_mutex_unlock(&c->lock);
}

const evm_code *cached_code_of(const cached_code *code)
{
    return code->code;
}
