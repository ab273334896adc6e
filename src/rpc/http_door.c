#include "rpc/http_door.h"
#include "base/memory.h"
#include "base/queue.h"
#include "net/listen.h"

#include <assert.h>
#include <limits.h>
#include <http_parser.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>
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
    bool is_expect_header, expects_continue; /* of the request being read */
    request *under_way;
    buffer ahead;             /* received behind the request under way: the rest of one chunk */
    bool is_writing;
    buffer head, response;    /* being written */
};

struct http_door {
    const http_service *service;
    void *service_context;
    worker_pool *workers;
    logger *log;
    uv_loop_t loop;
    uv_tcp_t listener;
    uv_async_t wake;
    uv_timer_t stop_timer;
    queue *answers;           /* from workers and engines to the loop */
    connection *connections;
    size_t connection_count, connections_max, body_bytes;
    bool stopping;            /* the loop's */
    bool asked_to_stop;       /* read after a wake-up */
    pthread_mutex_t lock;     /* guards asked_to_stop; held while the loop is woken, so that the door does not go meanwhile */
    pthread_t thread;
    unsigned port;
    char chunk[READ_CHUNK_BYTES];
};

#define JSON_HEADER "Content-Type: application/json\r\n"

static void feed(connection *c, bytes more);
static bool is_busy(const connection *c);
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
    buffer_free(&c->head);
    buffer_free(&c->response);
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
    c->is_writing = false;
    buffer_free(&c->head);
    buffer_free(&c->response);
    if (status < 0 || !c->keep_alive || c->door->stopping) {
        close_connection(c);
        return;
    }
    buffer ahead = c->ahead;
    c->ahead = buffer_init(ahead.max_bytes);
    feed(c, buffer_bytes(&ahead));
    buffer_free(&ahead);
    if (!is_busy(c) && !c->closing)
        uv_read_start((uv_stream_t *)&c->socket, give_chunk, on_read);
}

/* Takes over body. headers: what comes besides length and connection. */
static void answer(connection *c, const char *status_line, const char *headers, buffer body)
{
    c->head = buffer_init(BUFFER_NO_LIMIT);
    c->response = body;
    c->is_writing = true;
    char date[64];
    time_t now = time(NULL);
    struct tm utc;
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &utc));
    buffer_print(&c->head, "HTTP/1.1 %s\r\nConnection: %s\r\nContent-Length: %zu\r\nDate: %s\r\n%s\r\n", status_line,
                 c->keep_alive ? "Keep-Alive" : "close", body.size, date, headers);
    bool without_body = body.size == 0 || c->parser.method == HTTP_HEAD;
    uv_buf_t parts[] = {uv_buf_init((char *)c->head.data, (unsigned)c->head.size),
                        uv_buf_init((char *)body.data, (unsigned)body.size)};
    c->write.data = c;
    if (uv_write(&c->write, (uv_stream_t *)&c->socket, parts, without_body ? 1 : 2, on_written) != 0)
        close_connection(c);
}

static void answer_text(connection *c, const char *status_line, const char *headers, const char *text)
{
    buffer body = buffer_init(BUFFER_NO_LIMIT);
    buffer_append_text(&body, text);
    answer(c, status_line, headers, body);
}

static void refuse(connection *c, const char *status_line)
{
    log_write(c->door->log, LOG_DEBUG, 0, "[RPC][HTTP]request refused,answer=%s", status_line);
    c->keep_alive = false;
    uv_read_stop((uv_stream_t *)&c->socket);
    answer_text(c, status_line, "", "");
}

/* ---- requests ---- */

static void on_service_done(void *context, bytes response)
{
    request *r = context;
    http_door *d = r->from->door;
    r->response = buffer_init(BUFFER_NO_LIMIT);
    buffer_append(&r->response, response);
    pthread_mutex_lock(&d->lock);
    queue_result pushed = queue_push_unbounded(d->answers, &r->link); /* as many as requests: bounded by connections */
    assert(pushed == QUEUE_OK);
    uv_async_send(&d->wake);
    pthread_mutex_unlock(&d->lock);
}

static void run_request(job *work)
{
    request *r = (request *)((char *)work - offsetof(request, work));
    http_door *d = r->from->door;
    d->service->start(d->service_context, (http_session){.door = d}, d->workers, buffer_bytes(&r->body), on_service_done, r);
}

static void start_request(connection *c)
{
    request *r = memory_new(sizeof *r);
    *r = (request){.work = {.run = run_request}, .from = c, .body = c->body};
    c->body = buffer_init(c->body.max_bytes);
    c->under_way = r;
    if (worker_pool_submit_unbounded(c->door->workers, &r->work))
        return;
    c->under_way = NULL;
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
    d->body_bytes -= r->body.size;
    if (!c->closing) {
        answer(c, "200 OK", JSON_HEADER, r->response);
        r->response = buffer_init(0);
    } else if (c->closed) {
        free_connection(c);
    }
    buffer_free(&r->body);
    buffer_free(&r->response);
    free(r);
}

static void drop_body(connection *c)
{
    c->door->body_bytes -= c->body.size;
    buffer_free(&c->body);
}

static void handle_message(connection *c)
{
    if (c->parser.method == HTTP_POST) {
        start_request(c);
        return;
    }
    drop_body(c);
    if (c->parser.method == HTTP_OPTIONS)
        answer_text(c, "200 OK",
                    "Allow: POST, OPTIONS\r\nAccess-Control-Allow-Headers: origin, content-type, accept\r\nDAV: 1\r\n", "");
    else
        answer_text(c, "405 Method Not Allowed", JSON_HEADER, "Not allowed HTTP Method");
}

/* ---- parsing ---- */

static int count_header(http_parser *parser, const char *at, size_t size)
{
    (void)at;
    connection *c = parser->data;
    c->header_bytes += size;
    return c->header_bytes > HTTP_HEADER_MAX_BYTES;
}

/* A header's name or value may come in pieces; a piece that does not match as a whole is simply not the one looked for. */
static int take_header_name(http_parser *parser, const char *at, size_t size)
{
    connection *c = parser->data;
    c->is_expect_header = size == strlen("Expect") && strncasecmp(at, "Expect", size) == 0;
    return count_header(parser, at, size);
}

static int take_header_value(http_parser *parser, const char *at, size_t size)
{
    connection *c = parser->data;
    if (c->is_expect_header && size == strlen("100-continue") && strncasecmp(at, "100-continue", size) == 0)
        c->expects_continue = true;
    return count_header(parser, at, size);
}

/* The client waits for leave to send its body. It goes on by itself when the leave cannot be written at once. */
static int end_headers(http_parser *parser)
{
    connection *c = parser->data;
    uv_buf_t leave = uv_buf_init((char *)"HTTP/1.1 100 Continue\r\n\r\n", strlen("HTTP/1.1 100 Continue\r\n\r\n"));
    if (c->expects_continue && (parser->http_major > 1 || parser->http_minor > 0) &&
        !(parser->content_length != ULLONG_MAX && parser->content_length > HTTP_BODY_MAX_BYTES))
        (void)uv_try_write((uv_stream_t *)&c->socket, &leave, 1);
    c->expects_continue = false;
    if (parser->content_length == ULLONG_MAX || parser->content_length <= HTTP_BODY_MAX_BYTES)
        return 0;
    c->body.overflowed = true; /* refused before it is sent */
    return -1;
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
    .on_header_field = take_header_name,
    .on_header_value = take_header_value,
    .on_headers_complete = end_headers,
    .on_body = take_body,
    .on_message_complete = end_message,
};

/* Something of an earlier request is still to be done: nothing is read or parsed. */
static bool is_busy(const connection *c)
{
    return c->under_way || c->is_writing;
}

static void refuse_malformed(connection *c)
{
    if (c->body.overflowed)
        refuse(c, "413 Payload Too Large");
    else if (c->header_bytes > HTTP_HEADER_MAX_BYTES || HTTP_PARSER_ERRNO(&c->parser) == HPE_HEADER_OVERFLOW)
        refuse(c, "431 Request Header Fields Too Large");
    else
        refuse(c, "400 Bad Request");
}

/* Gives received bytes to the parser; what stands behind a complete request is kept until that one is answered. */
static void feed(connection *c, bytes more)
{
    if (c->closing || more.size == 0)
        return;
    assert(!is_busy(c));
    size_t taken = http_parser_execute(&c->parser, &parser_settings, (const char *)more.data, more.size);
    if (c->message_complete) {
        c->message_complete = false;
        http_parser_pause(&c->parser, 0);
        buffer_append(&c->ahead, bytes_from(more, taken));
        uv_read_stop((uv_stream_t *)&c->socket);
        handle_message(c);
    } else if (HTTP_PARSER_ERRNO(&c->parser) != HPE_OK) {
        refuse_malformed(c);
    }
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
    c->ahead = buffer_init(READ_CHUNK_BYTES);
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
    if (uv_accept(listener, (uv_stream_t *)&c->socket) != 0 || d->connection_count > d->connections_max || d->stopping) {
        close_connection(c);
        return;
    }
    uv_tcp_nodelay(&c->socket, 1);
    uv_read_start((uv_stream_t *)&c->socket, give_chunk, on_read);
}

/* ---- life ---- */

static void finish_stop_if_idle(http_door *d)
{
    if (!d->stopping || d->connection_count > 0 || uv_is_closing((uv_handle_t *)&d->wake))
        return;
    uv_close((uv_handle_t *)&d->stop_timer, NULL);
    uv_close((uv_handle_t *)&d->wake, NULL);
}

/* Clients that do not take their answers are not waited for. Requests under way are: their connections go when they come back. */
static void on_stop_timer(uv_timer_t *timer)
{
    http_door *d = timer->data;
    for (connection *c = d->connections, *next; c; c = next) {
        next = c->next;
        close_connection(c);
    }
}

static void begin_stop(http_door *d)
{
    d->stopping = true;
    uv_close((uv_handle_t *)&d->listener, NULL);
    for (connection *c = d->connections; c; c = c->next)
        if (!is_busy(c))
            close_connection(c);
    uv_timer_start(&d->stop_timer, on_stop_timer, HTTP_STOP_WRITE_MS, 0);
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

static void destroy(http_door *d)
{
    uv_run(&d->loop, UV_RUN_DEFAULT); /* runs the close callbacks that are left */
    uv_loop_close(&d->loop);
    queue_free(d->answers);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

bool http_session_send(http_session to, bytes text)
{
    (void)to, (void)text;
    return false; /* there are no sessions yet */
}

http_door *http_door_start(const http_door_config *config, worker_pool *workers, logger *l, error_text *why)
{
    http_door *d = memory_new(sizeof *d);
    d->service = config->service;
    d->service_context = config->service_context;
    d->workers = workers;
    d->log = l;
    d->connections_max = config->connections_max ? config->connections_max : HTTP_CONNECTIONS_MAX;
    d->answers = queue_new(HTTP_CONNECTIONS_MAX, SIZE_MAX);
    pthread_mutex_init(&d->lock, NULL);
    uv_loop_init(&d->loop);
    uv_async_init(&d->loop, &d->wake, on_wake);
    uv_timer_init(&d->loop, &d->stop_timer);
    uv_tcp_init(&d->loop, &d->listener);
    d->wake.data = d->listener.data = d->stop_timer.data = d;
    if (!tcp_listen(&d->listener, d->service->name, config->listen_ip, config->listen_port, LISTEN_BACKLOG, on_connection,
                    &d->port, why)) {
        uv_close((uv_handle_t *)&d->listener, NULL);
        uv_close((uv_handle_t *)&d->stop_timer, NULL);
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
    uv_async_send(&d->wake);
    pthread_mutex_unlock(&d->lock);
    pthread_join(d->thread, NULL);
    pthread_mutex_lock(&d->lock); /* whoever woke the loop last is done with it */
    pthread_mutex_unlock(&d->lock);
    destroy(d);
}
