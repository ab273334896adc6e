/* The life of a door, and what its connections share. */
#include "rpc/http_private.h"

#include "base/memory.h"
#include "net/listen.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>

enum { LISTEN_BACKLOG = 512, CROWDED_MS = 3000 };

/* ---- room for requests that are being read ---- */

static http_connection *largest_reading(const http_door *d)
{
    http_connection *found = NULL;
    for (http_connection *c = d->connections; c; c = c->next)
        if (c->state == CONNECTION_OPEN && (c->session || http_exchange_may_take(c)) && c->reading_bytes &&
            (found == NULL || c->reading_bytes > found->reading_bytes))
            found = c;
    return found;
}

static void drop_reading(http_connection *c)
{
    if (c->session) {
        web_session_end(c->session, WEBSOCKET_TRY_AGAIN_LATER, false, "the requests of all clients are too long");
        websocket_reader_free(&c->session->reader);
    } else {
        http_exchange_refuse(c, "413 Payload Too Large");
    }
    buffer_free(&c->ahead);
    c->ahead_at = 0;
    http_connection_pump(c);
}

void http_door_count_reading(http_connection *c)
{
    http_door *d = c->door;
    d->reading_bytes -= c->reading_bytes;
    c->reading_bytes = c->ahead.capacity + (c->session ? web_session_reading_bytes(c->session) : c->reader.body.capacity);
    d->reading_bytes += c->reading_bytes;
    if (d->is_making_room)
        return;
    d->is_making_room = true;
    while (d->reading_bytes > d->config.reading_max_bytes) {
        http_connection *largest = largest_reading(d);
        if (largest == NULL)
            break; /* the rest closes */
        drop_reading(largest);
    }
    d->is_making_room = false;
}

/* ---- room for answers ---- */

void http_door_count_out(http_door *d, ptrdiff_t change)
{
    pthread_mutex_lock(&d->lock);
    d->out_bytes += (size_t)change;
    pthread_mutex_unlock(&d->lock);
}

size_t http_door_out(http_door *d)
{
    pthread_mutex_lock(&d->lock);
    size_t now = d->out_bytes;
    pthread_mutex_unlock(&d->lock);
    return now;
}

static void close_slowest(http_door *d, uint64_t now_ms)
{
    http_connection *slowest = NULL;
    for (http_connection *c = d->connections; c; c = c->next)
        if (c->state != CONNECTION_CLOSING && c->is_writing && (slowest == NULL || c->out.since_ms < slowest->out.since_ms))
            slowest = c;
    if (slowest == NULL || now_ms - slowest->out.since_ms < CROWDED_MS)
        return;
    HTTP_LOG(d, LOG_WARNING, "connection closed,reason=answers of more than %d bytes wait, and this client reads slowest",
             HTTP_OUT_CROWDED_BYTES);
    http_connection_close(slowest);
}

/* ---- room for requests under way ---- */

/* Room comes back with answers, and with connections that close. */
static void resume_paused(http_door *d)
{
    if (!d->was_full || d->under_way_bytes > HTTP_UNDER_WAY_MAX_BYTES)
        return;
    d->was_full = false; /* again, as soon as those that go on fill it */
    for (http_connection *c = d->connections; c && d->paused_count; c = c->next)
        if (c->is_paused)
            http_connection_pump(c);
}

/* ---- the loop ---- */

static void start_sweep(http_door *d);

static void on_sweep(uv_timer_t *timer)
{
    http_door *d = timer->data;
    uint64_t now = uv_now(&d->loop);
    for (http_connection *c = d->connections; c; c = c->next)
        http_connection_check(c, now);
    if (http_door_out(d) > HTTP_OUT_CROWDED_BYTES)
        close_slowest(d, now);
    resume_paused(d);
    start_sweep(d);
}

/* Not while nobody is there: an idle door sleeps. */
static void start_sweep(http_door *d)
{
    const http_door_config *c = &d->config;
    uint64_t limits[] = {c->request_ms, c->idle_ms, c->close_ms, c->ping_ms, c->out_soft_ms}, every = HTTP_SWEEP_MS;
    for (size_t i = 0; i < COUNT(limits); i++)
        every = limits[i] / 4 < every ? limits[i] / 4 : every;
    if (d->connections && !d->stopping)
        uv_timer_start(&d->sweep_timer, on_sweep, every, 0);
}

static void on_connection(uv_stream_t *listener, int status)
{
    http_door *d = listener->data;
    if (status < 0)
        return;
    bool was_empty = d->connections == NULL;
    http_connection_accept(d);
    if (was_empty)
        start_sweep(d);
}

void http_door_return(http_request *r)
{
    http_door *d = r->from->door;
    pthread_mutex_lock(&d->lock);
    queue_result pushed = queue_push_unbounded(d->answers, &r->link); /* as many as requests, which are limited */
    assert(pushed == QUEUE_OK);
    uv_async_send(&d->wake);
    pthread_mutex_unlock(&d->lock);
}

void http_door_free_worker(http_door *d)
{
    pthread_mutex_lock(&d->lock);
    d->freed_workers++;
    uv_async_send(&d->wake);
    pthread_mutex_unlock(&d->lock);
}

static void take_answers(http_door *d)
{
    for (queue_link *link = queue_pop_all(d->answers), *next; link; link = next) {
        next = link->next;
        http_requests_finish((http_request *)link);
    }
    pthread_mutex_lock(&d->lock);
    d->running -= d->freed_workers;
    d->freed_workers = 0;
    pthread_mutex_unlock(&d->lock);
    http_requests_run(d);
}

static web_session *next_dirty(http_door *d)
{
    pthread_mutex_lock(&d->lock);
    web_session *s = d->dirty;
    if (s) {
        d->dirty = s->next_dirty;
        s->is_dirty = false;
    }
    pthread_mutex_unlock(&d->lock);
    return s;
}

/* ---- life ---- */

void http_door_finish_stop_if_idle(http_door *d)
{
    if (!d->stopping || d->connections || d->running || uv_is_closing((uv_handle_t *)&d->wake))
        return;
    uv_close((uv_handle_t *)&d->sweep_timer, NULL);
    uv_close((uv_handle_t *)&d->stop_timer, NULL);
    uv_close((uv_handle_t *)&d->wake, NULL);
}

/* Clients that do not take their answers are not waited for. Requests under way are: their connections go when they come back. */
static void on_stop_timer(uv_timer_t *timer)
{
    http_door *d = timer->data;
    for (http_connection *c = d->connections; c; c = c->next)
        http_connection_close(c);
}

static void begin_stop(http_door *d)
{
    d->stopping = true;
    uv_close((uv_handle_t *)&d->listener, NULL);
    uv_timer_stop(&d->sweep_timer);
    for (http_connection *c = d->connections; c; c = c->next) {
        if (c->session && c->requests == 0)
            web_session_end(c->session, WEBSOCKET_GOING_AWAY, true, "this node stops");
        if (c->state == CONNECTION_LINGERING || (c->session == NULL && http_exchange_may_take(c)))
            http_connection_close(c);
        http_connection_pump(c);
    }
    uv_timer_start(&d->stop_timer, on_stop_timer, HTTP_STOP_WRITE_MS, 0);
    http_door_finish_stop_if_idle(d);
}

static void on_wake(uv_async_t *async)
{
    http_door *d = async->data;
    take_answers(d);
    for (web_session *s; (s = next_dirty(d));)
        web_session_wake(s);
    resume_paused(d);
    pthread_mutex_lock(&d->lock);
    bool stop = d->asked_to_stop;
    pthread_mutex_unlock(&d->lock);
    if (stop && !d->stopping)
        begin_stop(d);
    http_door_finish_stop_if_idle(d);
}

static void *run_loop(void *argument)
{
    http_door *d = argument;
    pthread_setname_np(pthread_self(), "rpc");
    uv_run(&d->loop, UV_RUN_DEFAULT);
    return NULL;
}

static void destroy(http_door *d)
{
    uv_run(&d->loop, UV_RUN_DEFAULT); /* runs the close callbacks that are left */
    uv_loop_close(&d->loop);
    queue_free(d->answers);
    map_free(&d->sessions);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

static void fill_in(http_door_config *c)
{
    size_t *sizes[] = {&c->connections_max, &c->sessions_max, &c->out_soft_bytes, &c->out_hard_bytes, &c->reading_max_bytes};
    static const size_t size_defaults[] = {HTTP_CONNECTIONS_MAX, HTTP_SESSIONS_MAX, HTTP_OUT_SOFT_BYTES, HTTP_OUT_HARD_BYTES,
                                           HTTP_READING_MAX_BYTES};
    uint64_t *times[] = {&c->request_ms, &c->idle_ms, &c->close_ms, &c->ping_ms, &c->out_soft_ms};
    static const uint64_t time_defaults[] = {HTTP_REQUEST_MS, HTTP_IDLE_MS, HTTP_CLOSE_MS, HTTP_SESSION_PING_MS, HTTP_OUT_SOFT_MS};
    for (size_t i = 0; i < COUNT(sizes); i++)
        *sizes[i] = *sizes[i] ? *sizes[i] : size_defaults[i];
    for (size_t i = 0; i < COUNT(times); i++)
        *times[i] = *times[i] ? *times[i] : time_defaults[i];
}

http_door *http_door_start(const http_door_config *config, worker_pool *workers, logger *l, error_text *why)
{
    http_door *d = memory_new(sizeof *d);
    d->service = config->service;
    d->service_context = config->service_context;
    d->config = *config;
    fill_in(&d->config);
    d->workers = workers;
    d->log = l;
    d->next_session_id = 1;
    d->line_end = &d->line;
    d->answers = queue_new(HTTP_CONNECTIONS_MAX, SIZE_MAX);
    d->sessions = map_init(0); /* the keys are ours */
    pthread_mutex_init(&d->lock, NULL);
    uv_loop_init(&d->loop);
    uv_async_init(&d->loop, &d->wake, on_wake);
    uv_timer_init(&d->loop, &d->stop_timer);
    uv_timer_init(&d->loop, &d->sweep_timer);
    uv_tcp_init(&d->loop, &d->listener);
    d->wake.data = d->listener.data = d->stop_timer.data = d->sweep_timer.data = d;
    if (!tcp_listen(&d->listener, d->service->name, config->listen_ip, config->listen_port, LISTEN_BACKLOG, on_connection, &d->port, why)) {
        d->stopping = true;
        uv_close((uv_handle_t *)&d->listener, NULL);
        http_door_finish_stop_if_idle(d);
        destroy(d);
        return NULL;
    }
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int failed = pthread_create(&d->thread, NULL, run_loop, d);
    assert(!failed);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return d;
}

unsigned http_door_port(const http_door *d)
{
    return d->port;
}

void http_door_stop(http_door *d)
{
    if (d == NULL)
        return;
    pthread_mutex_lock(&d->lock);
    d->asked_to_stop = true;
    uv_async_send(&d->wake);
    pthread_mutex_unlock(&d->lock);
    pthread_join(d->thread, NULL);
    pthread_mutex_lock(&d->lock); /* whoever woke the loop last is done with it */
    pthread_mutex_unlock(&d->lock);
    destroy(d);
}
