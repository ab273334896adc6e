/* amop.h: AMOP from inside: what amop.c, amop_push.c and private_topics.c share. Everything belongs to the loop's thread, but for
   amop_refuse_peer. */
#ifndef HANSE_CHANNEL_AMOP_H
#define HANSE_CHANNEL_AMOP_H

#include "channel/private.h"

enum { AMOP_UNICAST = 0, AMOP_MULTICAST = 1 }; /* packet types between nodes */
enum { PUSH_TRIES_MAX = 64 };

/* A client's unicast: it goes to one candidate after the other until one answers. */
typedef struct {
    uint64_t ticket;
    uint64_t session_id;
    channel_seq seq;
    node_id *candidates;
    size_t candidate_count;  /* peers; this node itself comes on top */
    bool self_is_candidate;
    bytes frame;             /* owned */
} amop_request;

/* A frame that one of our clients is to answer. */
typedef enum { PUSH_FOR_PEER, PUSH_FOR_CLIENT, PUSH_FOR_TOPIC } push_kind;

typedef struct amop_push {
    struct amop_push *previous, *next; /* while it waits for a client, by deadline */
    push_kind kind;
    node_id from;            /* PUSH_FOR_PEER */
    uint32_t peer_seq;
    amop_request *request;   /* PUSH_FOR_CLIENT; owned */
    bytes frame;             /* owned, but for PUSH_FOR_CLIENT */
    channel_seq seq;
    const char *topic;       /* zero-terminated; owned */
    uint64_t session_id;     /* who has it now */
    uint64_t deadline_ms;
    uint64_t tried[PUSH_TRIES_MAX];
    size_t tried_count;
} amop_push;

/* Messages under way are counted: CHANNEL_AMOP_MAX, CHANNEL_AMOP_BYTES. */
bool amop_take_room(channel_door *d, size_t size) MUST_USE;
void amop_give_room(channel_door *d, size_t size);
bytes amop_copy(bytes original); /* with malloc */

/* HARDEN: whoever answers chooses the type, but none that means something else to the client who asked: a receipt, a block, events. */
static inline bool amop_may_answer(uint16_t type)
{
    return type >= CHANNEL_AMOP_REQUEST && type <= CHANNEL_TOPIC_VERIFIED;
}

/* amop.c */
void amop_free_request(channel_door *d, amop_request *r);
void amop_try_next_candidate(channel_door *d, amop_request *r); /* or answers 100, and frees it */
bool amop_has_local_client(channel_door *d, bytes topic, const channel_session *except);

/* amop_push.c */
void amop_push_to_next(channel_door *d, amop_push *p);          /* takes it over */
void amop_free_push(channel_door *d, amop_push *p);
void amop_unlink_push(channel_door *d, amop_push *p);
/* The request itself comes back, as an answer with result 104. Any thread. */
void amop_refuse_peer(channel_door *d, const node_id *to, uint32_t seq, bytes frame);

#endif
