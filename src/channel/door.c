#include "channel/private.h"

#include "base/clock.h"
#include "base/memory.h"
#include "net/listen.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>

enum { BANDWIDTH_STORED_BYTES = 5 * 1024 * 1024 };

/* ---- the node tells ---- */

typedef struct {
    mail arrival;
    int32_t group_id;
    int64_t number;
} block_mail;

static void on_block_mail(channel_door *d, mail *arrival)
{
    block_mail *m = (block_mail *)arrival;
    channel_on_block(d, m->group_id, m->number);
    free(m);
}

static void drop_block_mail(mail *m)
{
    free(m);
}

void channel_door_block(channel_door *d, int32_t group_id, int64_t number)
{
    block_mail *m = memory_new(sizeof *m);
    *m = (block_mail){.arrival = {.run = on_block_mail, .drop = drop_block_mail}, .group_id = group_id, .number = number};
    mailbox_post(d->mail, &m->arrival); /* small, and never faster than disks */
}

typedef struct {
    mail arrival;
} plain_mail; /* it says all by its kind */

static void drop_plain_mail(mail *m)
{
    free(m);
}

static void post_plain(channel_door *d, void (*run)(channel_door *d, mail *m))
{
    plain_mail *m = memory_new(sizeof *m);
    m->arrival = (mail){.run = run, .drop = drop_plain_mail};
    mailbox_post(d->mail, &m->arrival);
}

static void on_allowlists_changed(channel_door *d, mail *m)
{
    free(m);
    channel_search_all(d);
}

void channel_door_allowlists_changed(channel_door *d)
{
    post_plain(d, on_allowlists_changed);
}

/* ---- the loop ---- */

static void on_connection(uv_stream_t *listener, int status)
{
    if (status == 0)
        channel_session_accept(listener->data);
}

static void on_wake(uv_async_t *async)
{
    channel_door *d = async->data;
    mailbox_run(d->mail, d);
}

/* Before the loop sleeps: what was queued meanwhile leaves, in few writes. */
static void on_before_poll(uv_prepare_t *prepare)
{
    channel_door *d = prepare->data;
    if (d->may_continue) { /* set anew by a session that closes: then the loop does not sleep */
        d->may_continue = false;
        channel_continue_all(d);
    }
    channel_publish_topics(d);
    channel_flush_dirty(d);
}

static void close_door(channel_door *d)
{
    mailbox_close(d->mail);
    uv_handle_t *handles[] = {(uv_handle_t *)&d->wake, (uv_handle_t *)&d->before_poll, (uv_handle_t *)&d->stop_timer,
                              (uv_handle_t *)&d->amop_timer, (uv_handle_t *)&d->delay_timer, (uv_handle_t *)&d->held_timer,
                              (uv_handle_t *)&d->search_timer, (uv_handle_t *)&d->topics_timer};
    for (size_t i = 0; i < COUNT(handles); i++)
        if (!uv_is_closing(handles[i]))
            uv_close(handles[i], NULL);
}

static void close_sessions(channel_door *d)
{
    for (channel_session *s = d->first, *next; s; s = next) {
        next = s->next;
        channel_session_close(s, "this node stops");
    }
}

/* The answers of requests that were under way have had their time to be written. */
static void on_stop_timer(uv_timer_t *timer)
{
    channel_door *d = timer->data;
    close_sessions(d);
    close_door(d);
}

void channel_job_done(channel_door *d)
{
    assert(d->work > 0);
    if (--d->work || !d->stopping)
        return;
    uv_timer_start(&d->stop_timer, on_stop_timer, d->session_count ? 50 : 0, 0);
}

static void on_stop_mail(channel_door *d, mail *m)
{
    free(m);
    d->stopping = true;
    uv_close((uv_handle_t *)&d->listener, NULL);
    for (channel_session *s = d->first, *next; s; s = next) {
        next = s->next;
        if (s->calls == 0)
            channel_session_close(s, "this node stops");
    }
    d->work++;
    channel_job_done(d);
}

static void *run_loop(void *argument)
{
    channel_door *d = argument;
    pthread_setname_np(pthread_self(), "channel");
    uv_run(&d->loop, UV_RUN_DEFAULT);
    return NULL;
}

/* ---- life ---- */

static void destroy(channel_door *d)
{
    uv_run(&d->loop, UV_RUN_DEFAULT); /* runs the close callbacks that are left */
    uv_loop_close(&d->loop);
    channel_held_free(d);
    channel_amop_free(d);
    channel_groups_free(d);
    map_free(&d->by_id);
    mailbox_release(d->mail);
    tls_context_free(d->tls);
    free(d->group_limiters);
    pthread_mutex_destroy(&d->limits_lock);
    free(d);
}

static void configure(channel_door *d, const channel_door_config *config)
{
    uint64_t now = clock_steady_ms();
    d->idle_ms = config->idle_ms ? config->idle_ms : 60000;
    d->handshake_ms = config->handshake_ms ? config->handshake_ms : 20000;
    d->amop_answer_ms = config->amop_answer_ms ? config->amop_answer_ms : 5000;
    d->amop_request_ms = config->amop_request_ms ? config->amop_request_ms : 30000;
    d->out_soft_bytes = config->out_soft_bytes ? config->out_soft_bytes : CHANNEL_OUT_SOFT_BYTES;
    d->out_hard_bytes = config->out_hard_bytes ? config->out_hard_bytes : CHANNEL_OUT_HARD_BYTES;
    d->out_soft_ms = config->out_soft_ms ? config->out_soft_ms : CHANNEL_OUT_SOFT_MS;
    d->out_total_max = config->out_total_bytes ? config->out_total_bytes : CHANNEL_OUT_TOTAL_BYTES;
    d->inbound_max = config->inbound_bytes ? config->inbound_bytes : CHANNEL_INBOUND_BYTES;
    d->request_max = config->request_bytes ? config->request_bytes : CHANNEL_REQUEST_BYTES;
    d->handshakes_max = config->handshakes_max ? config->handshakes_max : CHANNEL_HANDSHAKES_MAX;
    d->running_max = config->running_max ? config->running_max : CHANNEL_RUNNING_MAX;
    d->requests = limiter_of((double)config->requests_per_second, (double)config->requests_per_second, now);
    d->bandwidth = limiter_of(config->amop_bytes_per_second, BANDWIDTH_STORED_BYTES, now);
    d->random = prng_of(config->seed);
    d->by_id = map_init(prng_next(&d->random));
    d->groups = map_init(prng_next(&d->random));
    d->amop = map_init(prng_next(&d->random));
}

static void open_loop(channel_door *d)
{
    uv_loop_init(&d->loop);
    uv_async_init(&d->loop, &d->wake, on_wake);
    uv_prepare_init(&d->loop, &d->before_poll);
    uv_timer_init(&d->loop, &d->stop_timer);
    uv_timer_init(&d->loop, &d->amop_timer);
    uv_timer_init(&d->loop, &d->delay_timer);
    uv_timer_init(&d->loop, &d->held_timer);
    uv_timer_init(&d->loop, &d->search_timer);
    uv_timer_init(&d->loop, &d->topics_timer);
    d->delayed_end = &d->delayed;
    d->held_end = &d->held;
    d->ready_end = &d->ready_first;
    uv_tcp_init(&d->loop, &d->listener);
    d->wake.data = d->before_poll.data = d->stop_timer.data = d->amop_timer.data = d->delay_timer.data = d;
    d->held_timer.data = d->search_timer.data = d->topics_timer.data = d->listener.data = d;
    uv_prepare_start(&d->before_poll, on_before_poll);
    d->mail = mailbox_new(&d->wake, CHANNEL_MAIL_ITEMS, CHANNEL_MAIL_BYTES);
}

channel_door *channel_door_start(const channel_door_config *config, const rpc_backend *backend, worker_pool *workers, logger *l,
                                 error_text *why)
{
    channel_door *d = memory_new(sizeof *d);
    d->backend = backend;
    d->workers = workers;
    d->log = l;
    d->traffic = config->traffic;
    pthread_mutex_init(&d->limits_lock, NULL);
    configure(d, config);
    open_loop(d);
    d->tls = tls_context_new(TLS_CHANNEL, &config->identity, why);
    if (d->tls == NULL || !tcp_listen(&d->listener, "channel", config->listen_ip, config->listen_port, CHANNEL_BACKLOG,
                                      on_connection, &d->port, why)) {
        uv_close((uv_handle_t *)&d->listener, NULL);
        close_door(d);
        destroy(d);
        return NULL;
    }
    tls_context_check_issuer(d->tls, config->check_issuer);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int failed = pthread_create(&d->thread, NULL, run_loop, d);
    assert(!failed);
    (void)failed;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return d;
}

unsigned channel_door_port(const channel_door *d)
{
    return d->port;
}

void channel_door_stop(channel_door *d)
{
    if (d == NULL)
        return;
    post_plain(d, on_stop_mail);
    pthread_join(d->thread, NULL);
    destroy(d);
}
