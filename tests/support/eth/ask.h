/* ask.h: Ethereum's methods over the world of the RPC floor, without a door. */
#ifndef HANSE_TESTS_SUPPORT_ETH_ASK_H
#define HANSE_TESTS_SUPPORT_ETH_ASK_H

#include "support/rpc/world.h"

#include "eth/eth.h"

#include <jansson.h>

typedef struct {
    world *w;
    eth_service *service;
} eth_world;

enum { ETH_WORLD_CHAIN_ID = 20200 };

eth_world eth_world_over(world *w); /* takes it over */
void eth_world_close(eth_world *e);
/* What idle filters see of time; starts at 0 when a world is made. */
extern uint64_t eth_world_now_ms;

/* The answer's text; "" for none. The caller's to free. */
char *eth_ask_text(eth_world *e, const char *body);
char *eth_ask_path(eth_world *e, const char *path, const char *body);
/* The whole answer to one call; params: the text of an array. The caller's to json_decref. */
json_t *eth_ask(eth_world *e, const char *method, const char *params, ...) PRINTF_LIKE(3, 4);
/* Its result, which must be there. */
json_t *eth_result(eth_world *e, const char *method, const char *params, ...) PRINTF_LIKE(3, 4);
/* An error of that code must come; its message, or data, holds part. */
void eth_expect_error(eth_world *e, int code, const char *part, const char *method, const char *params);
/* The result is this JSON text. */
void eth_expect(eth_world *e, const char *result, const char *method, const char *params);

#endif
