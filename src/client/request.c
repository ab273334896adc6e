/* Requests: from their start to their one outcome, whatever happens to nodes meanwhile. */
#include "client/inside.h"

#include "base/memory.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

channel_seq client_new_seq(client_core *core)
{
    char text[CHANNEL_SEQ_BYTES + 1];
    unsigned long number = atomic_fetch_add(&core->next_seq, 1);
    snprintf(text, sizeof text, "%016llx%016llx", (unsigned long long)core->seq_salt[0],
             (unsigned long long)(core->seq_salt[1] + number));
    channel_seq seq;
    memcpy(seq.b, text, sizeof seq.b);
    return seq;
}

client_request *client_request_new(client_core *core, hanse_client *owner, uint16_t type, client_done done, void *context)
{
    client_request *r = memory_new(sizeof *r);
    *r = (client_request){.core = core,
                          .owner = owner,
                          .group = owner ? owner->group : 0,
                          .type = type,
                          .seq = client_new_seq(core),
                          .timeout_ms = core->timeout_ms,
                          .done = done,
                          .context = context,
                          .body = buffer_init(CHANNEL_FRAME_MAX_BYTES - CHANNEL_HEADER_BYTES),
                          .answer = buffer_init(CLIENT_ANSWER_MAX_BYTES)};
    return r;
}

static void free_request(client_request *r)
{
    if (r->is_counted)
        atomic_fetch_sub(&r->core->under_way, 1);
    buffer_free(&r->body);
    buffer_free(&r->answer);
    free(r);
}

static void on_closed(uv_handle_t *timer)
{
    free_request(timer->data);
}

void client_request_finish(client_request *r)
{
    client_core *core = r->core;
    assert(r->done != NULL); /* once */
    client_node *n = r->node;
    if (n && (r->next || r->previous || n->first == r)) {
        n->core->transport->forget(n, r);
        if (r->previous)
            r->previous->next = r->next;
        else
            n->first = r->next;
        if (r->next)
            r->next->previous = r->previous;
        r->next = r->previous = NULL;
        if (map_get(&core->by_seq, BYTES_OF_VALUE(r->seq)) == r)
            map_remove(&core->by_seq, BYTES_OF_VALUE(r->seq));
    }
    uv_timer_stop(&r->timer);
    client_done done = r->done;
    r->done = NULL;
    done(r);
    uv_close((uv_handle_t *)&r->timer, on_closed);
}

void client_request_fail(client_request *r, hanse_error_kind kind, const char *format, ...)
{
    char text[sizeof r->error.text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    client_fail(&r->error, kind, 0, "%s", text);
    client_request_finish(r);
}

void client_ignore(client_request *r)
{
    (void)r;
}

static void on_timeout(uv_timer_t *timer)
{
    client_request *r = timer->data;
    client_request_fail(r, HANSE_ERROR_TIMEOUT, "%s gave no answer within %u ms", r->node ? r->node->name : "the node", r->timeout_ms);
}

static void send_to(client_request *r, client_node *n)
{
    client_core *core = r->core;
    r->node = n;
    r->next = n->first;
    if (n->first)
        n->first->previous = r;
    n->first = r;
    map_put(&core->by_seq, BYTES_OF_VALUE(r->seq), r);
    uv_timer_start(&r->timer, on_timeout, r->timeout_ms, 0);
    core->transport->send(n, r);
}

void client_request_start(client_request *r)
{
    client_core *core = r->core;
    uv_timer_init(&core->loop, &r->timer);
    r->timer.data = r;
    if (core->stopping) {
        client_request_fail(r, HANSE_ERROR_CONNECTION, "the client is being closed");
        return;
    }
    if (r->body.overflowed) {
        client_request_fail(r, HANSE_ERROR_LIMIT, "a request of more than 100 MiB");
        return;
    }
    client_node *n = r->at ? r->at : client_node_choose(core, r->group);
    if (n == NULL)
        client_request_fail(r, HANSE_ERROR_CONNECTION, "no node is connected: %s", client_nodes_complaint(core));
    else if (n->state != NODE_READY && !(r->is_introduction && n->state == NODE_INTRODUCING))
        client_request_fail(r, HANSE_ERROR_CONNECTION, "%s is not connected: %s", n->name, n->reason);
    else if (core->transport->waiting_bytes(n) + r->body.size > CLIENT_OUT_MAX_BYTES)
        client_request_fail(r, HANSE_ERROR_LIMIT, "%s takes requests more slowly than they come: more than %d MiB wait", n->name,
                            CLIENT_OUT_MAX_BYTES >> 20);
    else
        send_to(r, n);
}

static void run_start(client_task *task)
{
    client_request_start((client_request *)task);
}

bool client_request_post(client_request *r, hanse_error *error)
{
    client_core *core = r->core;
    if (atomic_fetch_add(&core->under_way, 1) >= core->requests_max) {
        atomic_fetch_sub(&core->under_way, 1);
        free_request(r);
        return client_fail(error, HANSE_ERROR_LIMIT, 0, "%zu requests are under way, which is the limit", core->requests_max);
    }
    r->is_counted = true;
    if (client_is_loop(core)) {
        client_request_start(r);
        return true;
    }
    r->task.run = run_start;
    if (client_post(core, &r->task))
        return true;
    free_request(r);
    return client_fail(error, HANSE_ERROR_CONNECTION, 0, "the client is being closed");
}

void client_requests_drop(client_core *core, const hanse_client *owner)
{
    for (size_t i = 0; i < core->node_count; i++)
        for (client_request *r = core->nodes[i].first, *next; r; r = next) {
            next = r->next;
            if (owner == NULL || r->owner == owner) {
                client_request_fail(r, HANSE_ERROR_CONNECTION, "the client is being closed");
                next = core->nodes[i].first; /* ending one may have ended others */
            }
        }
}

/* ---- waiting ---- */

typedef struct {
    client_outcome *out;
    pthread_cond_t done;
    bool is_done;
} waiter;

static void wake_waiter(client_request *r)
{
    waiter *w = r->context;
    pthread_mutex_lock(&r->core->lock);
    w->out->error = r->error;
    w->out->result = r->result;
    w->out->answer = r->answer;
    r->answer = buffer_init(0);
    w->is_done = true;
    pthread_cond_signal(&w->done);
    pthread_mutex_unlock(&r->core->lock);
}

bool client_request_wait(client_request *r, client_outcome *out, hanse_error *error)
{
    client_core *core = r->core;
    if (client_is_loop(core)) {
        free_request(r);
        return client_fail(error, HANSE_ERROR_USAGE, 0, "this function waits: it cannot be called from a callback");
    }
    *out = (client_outcome){0};
    waiter w = {.out = out};
    pthread_cond_init(&w.done, NULL);
    r->done = wake_waiter;
    r->context = &w;
    client_wait_begins(core);
    bool ok = client_request_post(r, error);
    client_wait_ends(core, &w.done, ok ? &w.is_done : &(bool){true});
    pthread_cond_destroy(&w.done);
    if (ok && out->error.kind != HANSE_OK) {
        if (error)
            *error = out->error;
        buffer_free(&out->answer);
        return false;
    }
    return ok;
}
