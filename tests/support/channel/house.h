/* house.h: a running door on a small chain with one sealer, and clients of it. Failures end the test. */
#ifndef HANSE_TESTS_SUPPORT_CHANNEL_HOUSE_H
#define HANSE_TESTS_SUPPORT_CHANNEL_HOUSE_H

#include "support/channel/client.h"
#include "support/rpc/world.h"

#include <jansson.h>

typedef struct {
    world *w;
    channel_door *door;
    channel_certificates *certificates;
    uint64_t nonce; /* of the last transaction made here */
    logger *log;    /* to standard output when HANSE_TEST_LOG is set in the environment */
} house;

house *house_open(channel_door_config config);                                   /* RSA certificates; blocks are sealed at once */
house *house_open_with(channel_door_config config, channel_certificates *certificates); /* takes them over */
void house_close(house *h);

/* version 0: no handshake. */
channel_client *house_enter(house *h, unsigned version);
/* The topics are taken when this returns. */
void house_subscribe(channel_client *c, const char *topics);
/* Every frame that was sent before was handled. */
void house_sync(channel_client *c);

/* ---- blocks ---- */

/* A transaction to address 0x77, where nothing is. */
transaction *house_transaction(house *h, uint64_t nonce, uint64_t chain_id);
/* Deploys a contract that emits one event without data: its topics are the first `topic_count` words of its input. */
address house_deploy_emitter(house *h, unsigned topic_count);
/* A block with `count` calls of it; the topic of call i is first_topic + i (one topic). */
void house_emit(house *h, const address *emitter, uint64_t first_topic, size_t count);
void house_make_blocks(house *h, size_t count); /* empty ones */

/* ---- what clients expect ---- */

void house_expect_block(channel_client *c, const char *body);
void house_expect_amop(channel_client *c, const channel_seq *seq, int32_t result, const char *body); /* 0x31 */
void house_expect_silence(channel_client *c, unsigned ms);

/* fields: what follows groupID, e.g. ",\"fromBlock\":1". Answers the result code. */
int house_register_events(channel_client *c, const char *id, const char *fields);
/* The next frame is a push: its body, which lives until the next frame. */
json_t *house_receive_events(channel_client *c, const char *id); /* the caller's to free */

#endif
