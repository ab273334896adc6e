#include "base/worker_pool.h"
#include "base/memory.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct worker_pool {
    pthread_mutex_t lock;
    pthread_cond_t ready;
    job *first, **end;
    size_t waiting, max_jobs;
    bool stopping;
    char name[16];
    size_t thread_count;
    pthread_t threads[];
};

static void *work(void *argument)
{
    worker_pool *pool = argument;
    pthread_setname_np(pthread_self(), pool->name);
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (pool->first == NULL && !pool->stopping)
            pthread_cond_wait(&pool->ready, &pool->lock);
        job *next = pool->first;
        if (next == NULL)
            break;
        pool->first = next->next;
        if (pool->first == NULL)
            pool->end = &pool->first;
        pool->waiting--;
        pthread_mutex_unlock(&pool->lock);
        next->run(next);
        pthread_mutex_lock(&pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

worker_pool *worker_pool_new(const char *thread_name, size_t threads, size_t max_jobs)
{
    worker_pool *pool = memory_new(sizeof *pool + threads * sizeof pool->threads[0]);
    pool->max_jobs = max_jobs;
    pool->end = &pool->first;
    snprintf(pool->name, sizeof pool->name, "%s", thread_name);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->ready, NULL);
    /* Signals are the main thread's business. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    for (size_t i = 0; i < threads; i++) {
        int failed = pthread_create(&pool->threads[i], NULL, work, pool);
        assert(!failed);
        pool->thread_count++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pool;
}

static bool submit(worker_pool *pool, job *j, bool bounded)
{
    pthread_mutex_lock(&pool->lock);
    bool accepted = !pool->stopping && (!bounded || pool->waiting < pool->max_jobs);
    if (accepted) {
        j->next = NULL;
        *pool->end = j;
        pool->end = &j->next;
        pool->waiting++;
    }
    pthread_mutex_unlock(&pool->lock);
    if (accepted)
        pthread_cond_signal(&pool->ready);
    return accepted;
}

size_t worker_pool_threads(const worker_pool *pool)
{
    return pool->thread_count;
}

bool worker_pool_submit(worker_pool *pool, job *j)
{
    return submit(pool, j, true);
}

bool worker_pool_submit_unbounded(worker_pool *pool, job *j)
{
    return submit(pool, j, false);
}

void worker_pool_stop(worker_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_mutex_unlock(&pool->lock);
    pthread_cond_broadcast(&pool->ready);
    for (size_t i = 0; i < pool->thread_count; i++)
        pthread_join(pool->threads[i], NULL);
    pool->thread_count = 0;
}

void worker_pool_free(worker_pool *pool)
{
    if (pool == NULL)
        return;
    worker_pool_stop(pool);
    pthread_cond_destroy(&pool->ready);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}
