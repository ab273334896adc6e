/* The way of requests through the workers and back. The door hands over only as many as keep the workers busy, and takes them from the
   connections by turns: whoever has sent many waits behind himself, not others behind him. */
#include "rpc/http_private.h"

#include "base/memory.h"

#include <stdlib.h>

enum { RETURNED = 1, ANSWERED = 2 }; /* the service's function; the request */

/* ---- on a worker, or wherever the service answers ---- */

static void on_answer(void *context, bytes answer)
{
    http_request *r = context;
    http_connection *c = r->from;
    if (c->session) {
        if (answer.size)
            web_session_answer(c->session, answer);
    } else {
        r->response = buffer_init(BUFFER_NO_LIMIT);
        buffer_append(&r->response, answer);
        http_door_count_out(c->door, (ptrdiff_t)r->response.size);
    }
    if (atomic_fetch_or(&r->state, ANSWERED) & RETURNED)
        http_door_return(r);
}

/* Before the answer. A request that only gives way keeps its place: the limit of running requests bounds all that work. */
static void on_wait(void *context)
{
    http_request *r = context;
    r->frees_worker = false;
    http_door_free_worker(r->from->door);
}

static void run(job *work)
{
    http_request *r = (http_request *)((char *)work - offsetof(http_request, work));
    http_door *d = r->from->door;
    const web_session *s = r->from->session;
    http_asker asker = {{d, s ? s->id : 0}, {on_wait, r}, r->from->path};
    d->service->start(d->service_context, &asker, d->workers, buffer_bytes(&r->body), on_answer, r);
    if (atomic_fetch_or(&r->state, RETURNED) & ANSWERED)
        http_door_return(r); /* else the answer comes later; r is no longer ours */
}

/* ---- on the loop ---- */

/* The connection with something to run takes its place behind the others. */
static void line_up(http_connection *c)
{
    http_door *d = c->door;
    if (c->is_lined_up || c->first_request == NULL)
        return;
    c->is_lined_up = true;
    c->next_in_line = NULL;
    *d->line_end = c;
    d->line_end = &c->next_in_line;
}

static void leave_line(http_connection *c)
{
    http_door *d = c->door;
    http_connection **at = &d->line;
    if (!c->is_lined_up)
        return;
    while (*at != c)
        at = &(*at)->next_in_line;
    *at = c->next_in_line;
    if (*at == NULL)
        d->line_end = at;
    c->is_lined_up = false;
}

static void forget(http_request *r)
{
    r->from->requests--;
    r->from->door->under_way_bytes -= r->body.capacity;
    buffer_free(&r->body);
    free(r);
}

void http_requests_drop(http_connection *c)
{
    leave_line(c);
    while (c->first_request) {
        http_request *gone = c->first_request;
        c->first_request = gone->next;
        forget(gone);
    }
    c->requests_end = &c->first_request;
}

void http_requests_run(http_door *d)
{
    size_t most = 2 * worker_pool_threads(d->workers);
    while (d->running < most && d->line) {
        http_connection *c = d->line;
        http_request *r = c->first_request;
        leave_line(c);
        if (!worker_pool_submit_unbounded(d->workers, &r->work)) {
            http_connection_close(c); /* the node ends */
            continue;
        }
        d->running++;
        c->first_request = r->next;
        if (c->first_request == NULL)
            c->requests_end = &c->first_request;
        line_up(c);
    }
}

void http_requests_add(http_connection *c, buffer body)
{
    http_request *r = memory_new(sizeof *r);
    *r = (http_request){.work = {.run = run}, .from = c, .frees_worker = true, .body = body};
    c->requests++;
    c->door->under_way_bytes += body.capacity;
    c->door->was_full |= c->door->under_way_bytes > HTTP_UNDER_WAY_MAX_BYTES;
    *c->requests_end = r;
    c->requests_end = &r->next;
    line_up(c);
    http_requests_run(c->door);
}

void http_requests_finish(http_request *r)
{
    http_connection *c = r->from;
    http_door *d = c->door;
    buffer response = r->response;
    if (r->frees_worker)
        d->running--;
    forget(r);
    if (c->is_closed) {
        http_door_count_out(d, -(ptrdiff_t)response.size);
        buffer_free(&response);
        if (c->requests == 0)
            http_connection_free(c);
    } else if (c->session) {
        if (d->stopping && c->requests == 0)
            web_session_end(c->session, WEBSOCKET_GOING_AWAY, true, "this node stops");
        http_connection_pump(c);
    } else {
        http_exchange_finish(c, response);
    }
}
