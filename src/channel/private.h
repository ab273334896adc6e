/* private.h: the SDK door from inside. Everything belongs to the loop's thread, except what a comment says. */
#ifndef HANSE_CHANNEL_PRIVATE_H
#define HANSE_CHANNEL_PRIVATE_H

#include "base/map.h"
#include "base/prng.h"
#include "channel/door.h"
#include "channel/event_filter.h"
#include "codec/channel_frame.h"
#include "channel/limiter.h"
#include "channel/mailbox.h"

#include <pthread.h>

enum {
    CHANNEL_READ_BYTES = 64 * 1024,
    CHANNEL_WRITE_BYTES = 64 * 1024,    /* ciphertext in flight for one session */
    CHANNEL_PIECE_BYTES = 16 * 1024,    /* plaintext given to TLS at once: one record */
    CHANNEL_QUEUED_BYTES = 64,          /* what a queued frame counts besides its bytes */
    CHANNEL_JSON_VALUES = 4096,         /* of a handshake, a list of topics, a verification */
    CHANNEL_DELAY_MS = 10,              /* QUIRK: go-sdk makes ready for an answer only after it has written the request, and loses
                                           one that is faster; its requests begin that much later */
    CHANNEL_REFUSAL_DELAY_MS = 20,      /* QUIRK: a refusal's receipt that comes together with the answer is lost by java-sdk, whose
                                           threads may handle it first, and locks up the connection of go-sdk */
    CHANNEL_FIRST_SEARCH_MS = 20,       /* QUIRK: go-sdk and python-sdk make ready for events only after the answer to their
                                           registration; the C++ node looks for events every 100 ms */
    CHANNEL_BACKLOG = 512
};

/* A frame on its way to a client. */
typedef struct out_frame {
    struct out_frame *next;
    size_t size;
    uint8_t data[];
} out_frame;

typedef enum { CHANNEL_HANDSHAKING, CHANNEL_ACTIVE, CHANNEL_CLOSING } channel_state;

typedef struct channel_session channel_session;

/* Sessions that wait for something, the one that waits longest first. */
typedef struct {
    channel_session *first, *last;
    size_t count;
} channel_line;

struct channel_session {
    channel_door *door;
    channel_session *previous, *next;
    channel_session *line_previous, *line_next; /* of d->handshaking, or d->paused */
    uint64_t id;                        /* never used twice */
    channel_state state;
    uv_tcp_t tcp;
    uv_timer_t timer;                   /* handshake limit, then idle and slow limits, whichever comes first */
    uv_write_t writing;
    unsigned open_handles;
    bool is_writing, is_paused, is_dirty;
    bool is_handled;                    /* one of its frames is being handled: in must stay */
    channel_session *next_dirty;        /* of those with something to flush */
    uint64_t last_activity_ms, slow_since_ms; /* 0: less than the soft limit waits */

    tls_session *tls;
    buffer in;                          /* plaintext that is no whole frame yet, or waits while the session is paused */
    out_frame *out_first, **out_end;
    size_t out_offset, out_bytes;
    uint8_t *wire;                      /* ciphertext of the write under way */

    tls_subject peer;
    char remote[64];
    unsigned version;                   /* of the protocol: 1 until the handshake says more */
    bool needs_delay, delays_refusals;  /* CHANNEL_DELAY_MS, CHANNEL_REFUSAL_DELAY_MS */
    char *topics_text;
    const char **topics;
    size_t topic_count;
    size_t calls, request_bytes;        /* requests under way */
    size_t running;                     /* those that a worker has */
    struct channel_call *call_first, **call_end; /* those that no worker has yet */
    channel_session *next_ready;        /* of those with such requests */
    bool is_ready;
    size_t filters;
    bool holds_search;                  /* its filters wait until it has read */
    map asked;                          /* frames that this client is to answer: seq -> amop_push */
};

typedef struct channel_group channel_group;

struct channel_door {
    const rpc_backend *backend;
    worker_pool *workers;
    logger *log;
    traffic *traffic;
    tls_context *tls;
    uint64_t idle_ms, handshake_ms, amop_answer_ms, amop_request_ms, out_soft_ms;
    size_t out_soft_bytes, out_hard_bytes, out_total_max, inbound_max, request_max, handshakes_max, running_max;

    pthread_t thread;
    uv_loop_t loop;
    uv_tcp_t listener;
    uv_async_t wake;
    uv_prepare_t before_poll;
    uv_timer_t stop_timer;
    unsigned port;
    mailbox *mail;
    bool stopping;
    struct channel_call *delayed, **delayed_end; /* by due time */
    uv_timer_t delay_timer;
    struct channel_ticket *held, **held_end; /* refusals, by due time */
    uv_timer_t held_timer;
    uv_timer_t search_timer;            /* for filters whose first search is not due */
    uint64_t search_due_ms;             /* of the last of them */
    size_t work;                        /* requests and jobs of this door on other threads */
    prng random;
    uint8_t scratch[CHANNEL_READ_BYTES];
    uint8_t chunk[CHANNEL_READ_BYTES];

    channel_session *first, *dirty;
    channel_line handshaking, paused;
    channel_session *ready_first, **ready_end; /* sessions whose requests wait for a worker: each has one turn */
    size_t running;                     /* requests that a worker has */
    bool may_continue;                  /* request_bytes fell to request_max: paused sessions may read on before the loop sleeps */
    size_t session_count, inbound_bytes, out_bytes, request_bytes, topic_count;
    uint64_t next_session_id;
    map by_id;                          /* sessions that are not closing */
    bool topics_changed;
    uint64_t topics_published_ms;
    uv_timer_t topics_timer;            /* published too short a time ago */

    map groups;                         /* id -> channel_group */
    size_t filter_count;

    map amop;                           /* ticket -> amop_request: clients' messages under way */
    struct amop_push *push_first, *push_last; /* frames that clients are to answer, the earliest deadline first */
    uv_timer_t amop_timer;
    uint64_t next_ticket, next_verification;
    size_t amop_count, amop_bytes;
    limiter bandwidth;

    pthread_mutex_t limits_lock;        /* guards what follows: asked on workers */
    limiter requests;
    struct group_limiter {
        int32_t group_id;
        limiter requests;
    } *group_limiters;
    size_t group_limiter_count;
};

#define CHANNEL_LOG(d, level, ...) log_write((d)->log, level, 0, "[CHANNEL]" __VA_ARGS__)

/* session.c */
void channel_session_accept(channel_door *d);
void channel_session_close(channel_session *s, const char *reason, ...) PRINTF_LIKE(2, 3);
out_frame *channel_out_frame(uint16_t type, const channel_seq *seq, int32_t result, bytes head, bytes body) MUST_USE;
void channel_session_queue(channel_session *s, out_frame *f); /* takes it over; it leaves before the loop sleeps */
void channel_session_send(channel_session *s, uint16_t type, const channel_seq *seq, int32_t result, bytes head, bytes body);
void channel_session_continue(channel_session *s);            /* reads on, if it was paused and may */
void channel_continue_all(channel_door *d);                   /* the same for all, the longest paused first */
void channel_flush_dirty(channel_door *d);
channel_session *channel_session_find(channel_door *d, uint64_t id);
bool channel_session_has_topic(const channel_session *s, bytes topic);

/* messages.c */
size_t channel_body_limit(uint16_t type);
bool channel_is_amop(uint16_t type); /* 0x30, 0x31, 0x35 */
void channel_handle(channel_session *s, const channel_frame *f);
void channel_drop_topics(channel_session *s);
void channel_publish_topics(channel_door *d);

/* calls.c */
void channel_start_call(channel_session *s, const channel_frame *f);
void channel_start_delayed(uv_timer_t *timer);
void channel_forget_calls(channel_session *s); /* it closes: what no worker has yet is dropped */
void channel_job_done(channel_door *d); /* one piece of d->work came back */

/* groups.c */
struct channel_group {
    channel_door *door;
    int32_t id;
    int64_t height;                     /* of the last block that was pushed */
    struct channel_ticket *waiting, **waiting_end; /* receipts of blocks that were not pushed yet */
    size_t renders;                     /* jobs that write receipts */
    struct channel_filter *filters;     /* in the order in which they are served: newest first */
    struct channel_filter *next_turn;   /* those before it had their turn in this round; NULL: a round begins */
    bool has_removed;                   /* filters are to be freed when no job uses them */
    bool searching;                     /* a job looks for events */
};
/* NULL: such a group does not run. */
channel_group *channel_group_of(channel_door *d, int32_t id);
void channel_groups_free(channel_door *d);
void channel_on_block(channel_door *d, int32_t group_id, int64_t number);

/* receipts.c */
typedef struct channel_call channel_call;
uint64_t channel_call_session(const channel_call *c, channel_seq *seq); /* calls.c */
typedef struct channel_ticket {
    mail arrival;
    rpc_receipt_ticket base;
    channel_call *call;                 /* counted */
    struct channel_ticket *next;
    int32_t group_id;
    bool with_proof;
    rpc_receipt_outcome outcome;
    out_frame *frame;
    uint64_t due_ms;                    /* of a refusal that is held back */
} channel_ticket;
void channel_receipt(channel_door *d, channel_ticket *t);       /* takes it over; its request was answered */
void channel_render_waiting(channel_group *g);                  /* those up to the group's height */
void channel_ticket_free(channel_ticket *t);
void channel_send_held(uv_timer_t *timer);
void channel_held_free(channel_door *d);

/* events.c */
void channel_register_events(channel_session *s, const channel_frame *f);
void channel_unregister_events(channel_session *s, const channel_frame *f);
void channel_search_events(channel_group *g);                   /* if there is something to look for */
void channel_search_first(uv_timer_t *timer);
void channel_search_all(channel_door *d);                       /* the same, in every group */
void channel_drop_filters(channel_group *g);
void channel_forget_filters(channel_session *s);                /* it closes */
void channel_resume_searches(channel_session *s);               /* it has read */

/* amop.c, amop_push.c, private_topics.c */
void channel_amop_unicast(channel_session *s, const channel_frame *f);
void channel_amop_multicast(channel_session *s, const channel_frame *f);
bool channel_amop_answered(channel_session *s, const channel_frame *f); /* false: nobody asked */
void channel_amop_session_closed(channel_session *s);
void channel_amop_on_timer(uv_timer_t *timer);
void channel_amop_free(channel_door *d); /* forgets everything under way */
void channel_topic_verified(channel_session *s, const channel_frame *f);

/* limits; calls.c. Any thread. */
bool channel_may_use_group(channel_door *d, const tls_subject *who, int32_t group_id);

#endif
