/* code_cache.h: analysed code by its hash, shared by all threads of one executor. What is in use is never dropped; beyond
   that the least recently used goes when the cache holds more than its limit. */
#ifndef HANSE_EXECUTOR_CODE_CACHE_H
#define HANSE_EXECUTOR_CODE_CACHE_H

#include "vm/evm.h"

typedef struct code_cache code_cache;
typedef struct cached_code cached_code;

code_cache *code_cache_new(const evm_rules *rules, size_t max_bytes, uint64_t hash_seed) MUST_USE;
void code_cache_free(code_cache *c); /* nothing may be in use */

/* hash is that of code. Analyses it when it is not there. Give it back with code_cache_return. Any thread. */
cached_code *code_cache_take(code_cache *c, const hash256 *hash, bytes code) MUST_USE;
void code_cache_return(code_cache *c, cached_code *code);
const evm_code *cached_code_of(const cached_code *code);

#endif
