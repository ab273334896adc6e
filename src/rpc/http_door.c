#include "rpc/http_door.h"
#include "base/memory.h"
#include "base/queue.h"

#include <assert.h>
#include <http_parser.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

enum { READ_CHUNK_BYTES = 64 * 1024, LISTEN_BACKLOG = 512 };

typedef struct connection connection;

/* A request on its way through the workers and back. Owned by its connection's door; the connection lives as long as it. */
typedef struct {
    queue_link link; /* back to the loop */
    job work;
    connection *from;
    buffer body;
    buffer response;
} request;

struct connection {
    uv_tcp_t socket;
    uv_write_t write;
    http_door *door;
    connection *next, **slot; /* list of the door */
    http_parser parser;
    size_t header_bytes;
    buffer body;
    bool message_complete, keep_alive, closing, closed;
    request *under_way;
    buffer ahead;             /* received behind the request under way */
    buffer out;
};

struct http_door {
    const rpc_backend *backend;
    worker_pool *workers;
    logger *log;
    uv_loop_t loop;
    uv_tcp_t listener;
    uv_async_t wake;
    queue *answers;           /* from workers and engines to the loop */
    connection *connections;
    size_t connection_count, requests_under_way, body_bytes;
    bool stopping;            /* the loop's */
    bool asked_to_stop;       /* under the queue's lock: read after a wake-up */
    pthread_mutex_t lock;     /* guards asked_to_stop */
    pthread_t thread;
    unsigned port;
    char chunk[READ_CHUNK_BYTES];
};

static void feed(connection *c, bytes more);
static void give_chunk(uv_handle_t *handle, size_t suggested, uv_buf_t *out);
static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *chunk);
static void finish_stop_if_idle(http_door *d);

/* ---- closing ---- */

static void free_connection(connection *c)
{
    *c->slot = c->next;
    if (c->next)
        c->next->slot = c->slot;
    c->door->connection_count--;
    c->door->body_bytes -= c->body.size;
    buffer_free(&c->body);
    buffer_free(&c->ahead);
    buffer_free(&c->out);
    http_door *d = c->door;
    free(c);
    finish_stop_if_idle(d);
}

static void on_closed(uv_handle_t *handle)
{
    connection *c = handle->data;
    c->closed = true;
    if (c->under_way == NULL)
        free_connection(c); /* else when its request comes back */
}

static void close_connection(connection *c)
{
    if (c->closing)
        return;
    c->closing = true;
    uv_close((uv_handle_t *)&c->socket, on_closed);
}

/* ---- answering ---- */

static void on_written(uv_write_t *write, int status)
{
    connection *c = write->data;
    if (status < 0 || !c->keep_alive || c->door->stopping) {
        close_connection(c);
        return;
    }
    buffer_free(&c->out);
    uv_read_start((uv_stream_t *)&c->socket, give_chunk, on_read);
    bytes ahead = buffer_bytes(&c->ahead);
    buffer waiting = c->ahead;
    c->ahead = buffer_init(c->ahead.max_bytes);
    feed(c, ahead);
    buffer_free(&waiting);
}

static void answer(connection *c, const char *status_line, const char *extra_headers, bytes body)
{
    c->out = buffer_init(BUFFER_NO_LIMIT);
    buffer_print(&c->out, "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n%s%s\r\n", status_line, body.size,
                 extra_headers, c->keep_alive ? "" : "Connection: close\r\n");
    buffer_append(&c->out, body);
    uv_buf_t whole = uv_buf_init((char *)c->out.data, (unsigned)c->out.size);
    c->write.data = c;
    if (uv_write(&c->write, (uv_stream_t *)&c->socket, &whole, 1, on_written) != 0)
        close_connection(c);
}

static void refuse(connection *c, const char *status_line)
{
    log_write(c->door->log, LOG_DEBUG, 0, "[RPC][HTTP]request refused,answer=%s", status_line);
    c->keep_alive = false;
    uv_read_stop((uv_stream_t *)&c->socket);
    answer(c, status_line, "", BYTES_EMPTY);
}

/* ---- requests ---- */

static void on_json_rpc_done(void *context, bytes response)
{
    request *r = context;
    http_door *d = r->from->door;
    r->response = buffer_init(BUFFER_NO_LIMIT);
    buffer_append(&r->response, response);
    queue_result pushed = queue_push_unbounded(d->answers, &r->link); /* as many as requests: bounded by connections */
    assert(pushed == QUEUE_OK);
    uv_async_send(&d->wake);
}

static void run_request(job *work)
{
    request *r = (request *)((char *)work - offsetof(request, work));
    http_door *d = r->from->door;
    json_rpc_start(d->backend, d->workers, buffer_bytes(&r->body), on_json_rpc_done, r);
}

static void start_request(connection *c)
{
    request *r = memory_new(sizeof *r);
    *r = (request){.work = {.run = run_request}, .from = c, .body = c->body};
    c->body = buffer_init(c->body.max_bytes);
    c->under_way = r;
    c->door->requests_under_way++;
    if (worker_pool_submit_unbounded(c->door->workers, &r->work))
        return;
    c->under_way = NULL;
    c->door->requests_under_way--;
    c->door->body_bytes -= r->body.size;
    buffer_free(&r->body);
    free(r);
    refuse(c, "503 Service Unavailable");
}

static void finish_request(request *r)
{
    connection *c = r->from;
    http_door *d = c->door;
    c->under_way = NULL;
    d->requests_under_way--;
    d->body_bytes -= r->body.size;
    if (c->closed)
        free_connection(c);
    else if (!c->closing)
        answer(c, "200 OK", "", buffer_bytes(&r->response));
    buffer_free(&r->body);
    buffer_free(&r->response);
    free(r);
}

static void handle_message(connection *c)
{
    if (c->parser.method == HTTP_POST)
        start_request(c);
    else if (c->parser.method == HTTP_OPTIONS)
        answer(c, "200 OK",
               "Allow: POST, OPTIONS\r\nAccess-Control-Allow-Headers: origin, content-type, accept\r\nDAV: 1\r\n", BYTES_EMPTY);
    else
        answer(c, "405 Method Not Allowed", "", BYTES_OF_LITERAL("Not allowed HTTP Method"));
}

/* ---- parsing ---- */

static int count_header(http_parser *parser, const char *at, size_t size)
{
    (void)at;
    connection *c = parser->data;
    c->header_bytes += size;
    return c->header_bytes > HTTP_HEADER_MAX_BYTES;
}

static int take_body(http_parser *parser, const char *at, size_t size)
{
    connection *c = parser->data;
    http_door *d = c->door;
    if (size > HTTP_BODY_MAX_BYTES - c->body.size || size > HTTP_BODIES_MAX_BYTES - d->body_bytes) {
        c->body.overflowed = true;
        return 1;
    }
    d->body_bytes += size;
    buffer_append(&c->body, bytes_of(at, size));
    return 0;
}

static int end_message(http_parser *parser)
{
    connection *c = parser->data;
    c->message_complete = true;
    c->keep_alive = http_should_keep_alive(parser) != 0;
    c->header_bytes = 0;
    http_parser_pause(parser, 1); /* one request at a time */
    return 0;
}

static const http_parser_settings parser_settings = {
    .on_url = count_header,
    .on_header_field = count_header,
    .on_header_value = count_header,
    .on_body = take_body,
    .on_message_complete = end_message,
};

/* Gives received bytes to the parser; what stands behind a complete request is kept until that one is answered. */
static void feed(connection *c, bytes more)
{
    if (c->closing || more.size == 0)
        return;
    if (c->under_way || c->out.size) {
        buffer_append(&c->ahead, more);
        assert(!c->ahead.overflowed); /* room for the rest of one chunk and one more */
        uv_read_stop((uv_stream_t *)&c->socket);
        return;
    }
    size_t taken = http_parser_execute(&c->parser, &parser_settings, (const char *)more.data, more.size);
    if (c->message_complete) {
        c->message_complete = false;
        http_parser_pause(&c->parser, 0);
        buffer_append(&c->ahead, bytes_from(more, taken));
        handle_message(c);
        return;
    }
    if (HTTP_PARSER_ERRNO(&c->parser) == HPE_OK && !c->parser.upgrade)
        return;
    if (c->body.overflowed)
        refuse(c, "413 Payload Too Large");
    else if (c->header_bytes > HTTP_HEADER_MAX_BYTES)
        refuse(c, "431 Request Header Fields Too Large");
    else
        refuse(c, "400 Bad Request");
}

/* ---- sockets ---- */

static void give_chunk(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    (void)suggested;
    connection *c = handle->data;
    *out = uv_buf_init(c->door->chunk, sizeof c->door->chunk);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *chunk)
{
    connection *c = stream->data;
    if (size < 0)
        close_connection(c);
    else
        feed(c, bytes_of(chunk->base, (size_t)size));
}

static void on_connection(uv_stream_t *listener, int status)
{
    http_door *d = listener->data;
    if (status < 0)
        return;
    connection *c = memory_new(sizeof *c);
    c->door = d;
    c->body = buffer_init(HTTP_BODY_MAX_BYTES);
    c->ahead = buffer_init(2 * READ_CHUNK_BYTES);
    http_parser_init(&c->parser, HTTP_REQUEST);
    c->parser.data = c;
    c->next = d->connections;
    c->slot = &d->connections;
    if (c->next)
        c->next->slot = &c->next;
    d->connections = c;
    d->connection_count++;
    uv_tcp_init(&d->loop, &c->socket);
    c->socket.data = c;
    if (uv_accept(listener, (uv_stream_t *)&c->socket) != 0 || d->connection_count > HTTP_CONNECTIONS_MAX || d->stopping) {
        close_connection(c);
        return;
    }
    uv_tcp_nodelay(&c->socket, 1);
    uv_read_start((uv_stream_t *)&c->socket, give_chunk, on_read);
}

/* ---- life ---- */

static void finish_stop_if_idle(http_door *d)
{
    if (d->stopping && d->connection_count == 0 && !uv_is_closing((uv_handle_t *)&d->wake))
        uv_close((uv_handle_t *)&d->wake, NULL);
}

static void begin_stop(http_door *d)
{
    d->stopping = true;
    uv_close((uv_handle_t *)&d->listener, NULL);
    for (connection *c = d->connections; c; c = c->next)
        if (c->under_way == NULL && c->out.size == 0)
            close_connection(c);
    finish_stop_if_idle(d);
}

static void on_wake(uv_async_t *async)
{
    http_door *d = async->data;
    for (queue_link *link = queue_pop_all(d->answers), *next; link; link = next) {
        next = link->next;
        finish_request((request *)link);
    }
    pthread_mutex_lock(&d->lock);
    bool stop = d->asked_to_stop;
    pthread_mutex_unlock(&d->lock);
    if (stop && !d->stopping)
        begin_stop(d);
}

static void *run_loop(void *argument)
{
    http_door *d = argument;
    pthread_setname_np(pthread_self(), "rpc");
    uv_run(&d->loop, UV_RUN_DEFAULT);
    return NULL;
}

static bool listen_at(http_door *d, const http_door_config *config, error_text *why)
{
    struct sockaddr_storage where;
    int failed = uv_ip4_addr(config->listen_ip, (int)config->listen_port, (struct sockaddr_in *)&where);
    if (failed)
        failed = uv_ip6_addr(config->listen_ip, (int)config->listen_port, (struct sockaddr_in6 *)&where);
    if (!failed)
        failed = uv_tcp_bind(&d->listener, (struct sockaddr *)&where, 0);
    if (!failed)
        failed = uv_listen((uv_stream_t *)&d->listener, LISTEN_BACKLOG, on_connection);
    if (failed)
        return error_set(why, "JSON-RPC: cannot listen on %s:%u: %s", config->listen_ip, config->listen_port, uv_strerror(failed));
    int size = sizeof where;
    uv_tcp_getsockname(&d->listener, (struct sockaddr *)&where, &size);
    /* sin_port and sin6_port stand at the same place. */
    d->port = ntohs(((struct sockaddr_in *)&where)->sin_port);
    return true;
}

static void destroy(http_door *d)
{
    uv_run(&d->loop, UV_RUN_DEFAULT); /* runs the close callbacks that are left */
    uv_loop_close(&d->loop);
    queue_free(d->answers);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

http_door *http_door_start(const http_door_config *config, const rpc_backend *backend, worker_pool *workers, logger *l,
                           error_text *why)
{
    http_door *d = memory_new(sizeof *d);
    d->backend = backend;
    d->workers = workers;
    d->log = l;
    d->answers = queue_new(HTTP_CONNECTIONS_MAX, SIZE_MAX);
    pthread_mutex_init(&d->lock, NULL);
    uv_loop_init(&d->loop);
    uv_async_init(&d->loop, &d->wake, on_wake);
    uv_tcp_init(&d->loop, &d->listener);
    d->wake.data = d->listener.data = d;
    if (!listen_at(d, config, why)) {
        uv_close((uv_handle_t *)&d->listener, NULL);
        uv_close((uv_handle_t *)&d->wake, NULL);
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
    pthread_mutex_unlock(&d->lock);
    uv_async_send(&d->wake);
    pthread_join(d->thread, NULL);
    destroy(d);
}
