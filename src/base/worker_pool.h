/* worker_pool.h: a fixed number of threads that run jobs in the order in which they were handed in. A job is embedded in what
   it works on; its result travels back through whatever queue the job's run function pushes to. */
#ifndef HANSE_BASE_WORKER_POOL_H
#define HANSE_BASE_WORKER_POOL_H

#include "base/bytes.h"

typedef struct job {
    struct job *next;
    void (*run)(struct job *self); /* on a worker; owns the job from here on */
} job;

typedef struct worker_pool worker_pool;

worker_pool *worker_pool_new(const char *thread_name, size_t threads, size_t max_jobs) MUST_USE;
/* false: max_jobs wait already, or the pool is stopping; the caller still owns the job. */
bool worker_pool_submit(worker_pool *pool, job *j) MUST_USE;
/* Work that must not be refused because what limits it is counted elsewhere (one block in execution, ...). */
bool worker_pool_submit_unbounded(worker_pool *pool, job *j) MUST_USE;
size_t worker_pool_threads(const worker_pool *pool);
/* Runs what was handed in, then ends the threads. Later submissions are refused. */
void worker_pool_stop(worker_pool *pool);
void worker_pool_free(worker_pool *pool); /* stops first if need be; NULL is allowed */

#endif
