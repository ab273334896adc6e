/* http_private.h: the HTTP door from inside. Everything belongs to the loop's thread, except what a comment says.
   http_door.c      life of the door, what is shared by all connections
   http_connection.c  a socket: reading, writing, ends, time limits
   http_requests.c  requests through the workers and back, by turns
   http_exchange.c  requests and answers of HTTP on a connection
   web_session.c    a connection that has become a WebSocket */
#ifndef HANSE_RPC_HTTP_PRIVATE_H
#define HANSE_RPC_HTTP_PRIVATE_H

#include "base/map.h"
#include "base/queue.h"
#include "rpc/http_door.h"
#include "rpc/websocket.h"

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

enum {
    HTTP_READ_BYTES = 64 * 1024,
    HTTP_WRITE_BYTES = 64 * 1024, /* texts of a session written at once, or HTTP_WRITE_TEXTS of them */
    HTTP_WRITE_TEXTS = 16,
    HTTP_SWEEP_MS = 1000          /* how exactly time limits are kept */
};

typedef struct http_connection http_connection;
typedef struct web_session web_session;

/* A request on its way through the workers and back. The connection lives as long as it. */
typedef struct http_request {
    queue_link link; /* back to the loop */
    job work;
    http_connection *from;
    struct http_request *next; /* of those of a connection that are not with a worker yet */
    atomic_uint state;         /* which of its two ends were reached; the last one gives it back */
    bool frees_worker;         /* its answer does; or its first wait did */
    buffer body;
    buffer response;           /* HTTP's; a session's goes to its queue at once */
} http_request;

/* Since when less than HTTP_PACE_BYTES went through. */
typedef struct {
    uint64_t since_ms;
    size_t bytes;
} http_pace;

typedef enum {
    CONNECTION_OPEN,
    CONNECTION_LINGERING, /* the last word was written: what still comes is dropped, until the client closes */
    CONNECTION_CLOSING
} http_connection_state;

struct http_connection {
    uv_tcp_t socket;
    uv_write_t writing;
    uv_shutdown_t shutting;
    http_door *door;
    http_connection *previous, *next;
    http_connection_state state;
    bool is_closed;           /* the socket is; the rest goes with the last request */
    bool is_uncounted;
    bool is_reading, is_writing, is_paused;
    size_t requests;          /* under way: waiting, or begun and not answered */
    http_request *first_request, **requests_end; /* those that wait */
    bool is_lined_up;
    http_connection *next_in_line;
    uint64_t since_ms;        /* since when it waits for a request, or for the end */
    http_pace in, out;        /* out.bytes: what was left at that time */
    buffer ahead;             /* received and not taken: the rest of one chunk */
    size_t ahead_at;
    size_t reading_bytes;     /* as counted by the door */
    http_reader reader;       /* of HTTP */
    buffer head, response;    /* being written by HTTP */
    bool keep_alive;
    web_session *session;     /* NULL: HTTP */
    char path[HTTP_PATH_MAX_BYTES + 1]; /* of the last request, or of the session's handshake */
};

struct http_door {
    const http_service *service;
    void *service_context;
    http_door_config config;  /* with every limit filled in */
    worker_pool *workers;
    logger *log;
    uv_loop_t loop;
    uv_tcp_t listener;
    uv_async_t wake;
    uv_timer_t stop_timer, sweep_timer;
    http_connection *connections;
    size_t connection_count, session_count; /* sessions are not among the connections */
    size_t paused_count, reading_bytes, under_way_bytes;
    http_connection *line, **line_end; /* with requests that wait for a worker */
    size_t running;           /* requests with the workers, also between their turns; not those that have waited */
    bool was_full;            /* under_way_bytes was beyond its limit; whoever was paused for it is to go on */
    bool is_making_room;      /* http_door_count_reading works already */
    bool stopping;            /* the loop's */
    pthread_t thread;
    unsigned port;
    queue *answers;           /* from workers and engines to the loop */
    uint64_t next_session_id;
    pthread_mutex_t lock;     /* guards what follows; held while the loop is woken, so that the door does not go meanwhile */
    bool asked_to_stop;
    size_t freed_workers;     /* by requests that wait */
    map sessions;             /* id -> web_session that takes texts */
    web_session *dirty;       /* with something to do for the loop */
    size_t out_bytes;         /* of all answers and texts */
    char chunk[HTTP_READ_BYTES];
};

#define HTTP_LOG(d, level, format, ...) log_write((d)->log, level, 0, "[RPC][%s]" format, (d)->service->name, __VA_ARGS__)

/* http_door.c */
void http_door_count_reading(http_connection *c);  /* its buffers have grown or shrunk */
void http_door_count_out(http_door *d, ptrdiff_t change);
size_t http_door_out(http_door *d);
void http_door_return(http_request *r);            /* any thread: back to the loop */
void http_door_free_worker(http_door *d);          /* any thread: a request waits, its answer comes later */
void http_door_finish_stop_if_idle(http_door *d);

/* http_connection.c */
void http_connection_accept(http_door *d);
void http_connection_pump(http_connection *c);          /* takes what has come, as far as it may; reads on, or not */
void http_connection_write(http_connection *c, const uv_buf_t *parts, unsigned count);
void http_connection_linger(http_connection *c);
void http_connection_close(http_connection *c);
void http_connection_free(http_connection *c);     /* closed, and nothing under way */
void http_connection_check(http_connection *c, uint64_t now_ms); /* time limits */

/* http_requests.c */
void http_requests_add(http_connection *c, buffer body); /* takes it over */
void http_requests_drop(http_connection *c);       /* those that no worker has */
void http_requests_run(http_door *d);              /* as many as workers can take */
void http_requests_finish(http_request *r);        /* it came back; takes it over */

/* http_exchange.c */
bool http_exchange_may_take(const http_connection *c);
size_t http_exchange_take(http_connection *c, bytes in);
void http_exchange_finish(http_connection *c, buffer response); /* takes it over */
void http_exchange_written(http_connection *c);
void http_exchange_refuse(http_connection *c, const char *status);

/* web_session.c */

/* A text on its way to a client, frame by frame. */
typedef struct out_text {
    struct out_text *next;
    size_t cost; /* what it counts among out_bytes */
    size_t size;
    uint8_t data[];
} out_text;

struct web_session {
    uint64_t id;
    http_connection *connection;
    websocket_reader reader;
    uint64_t heard_ms;         /* when the client last said something */
    uint64_t slow_since_ms;    /* 0: less than the soft limit waits */
    bool is_pinged;
    bool is_ending;            /* the close frame is the last that is written */
    out_text *writing;         /* the write under way */
    out_text *pong;            /* the answer to the last ping, before it is written */
    /* guarded by the door's lock */
    bool is_open;              /* takes texts */
    bool overran;              /* a limit of output: the loop is to end it */
    bool is_dirty;
    web_session *next_dirty;
    out_text *first, **end;
    size_t out_bytes;          /* waiting and being written */
};

void web_session_begin(http_connection *c, const char *accept); /* after a valid handshake */
bool web_session_may_take(const web_session *s);
size_t web_session_take(web_session *s, bytes in);
void web_session_written(web_session *s);
void web_session_wake(web_session *s);                 /* it was dirty */
size_t web_session_reading_bytes(const web_session *s);
bool web_session_is_within(const web_session *s);
void web_session_answer(web_session *s, bytes text);   /* any thread */
/* Sends a close frame; what waits before it is dropped, unless it is to be kept. */
void web_session_end(web_session *s, websocket_close_code code, bool keep_output, const char *reason);
void web_session_check(web_session *s, uint64_t now_ms);
void web_session_gone(web_session *s);                 /* the connection closes */
void web_session_free(web_session *s);                 /* the last request was answered */

#endif
