/* chain_plan.h: what `hanse chain create` is asked to make: servers, agencies, nodes, groups, ports. Options as in the
   reference's build_chain.sh (spec/interfaces.md 9.1), with long names beside them. */
#ifndef HANSE_TOOL_CHAIN_PLAN_H
#define HANSE_TOOL_CHAIN_PLAN_H

#include "base/arena.h"
#include "base/error_text.h"

enum { CHAIN_SERVERS_MAX = 1000, CHAIN_NODES_MAX = 1000, CHAIN_GROUPS_MAX = 64, CHAIN_AGENCIES_MAX = 1000 };

typedef struct {
    unsigned p2p, channel, rpc;
    unsigned ethereum; /* 0: none */
} chain_ports;

typedef struct {
    const char *ip, *agency;
    size_t index_on_ip;              /* node<k> */
    chain_ports ports;
    unsigned groups[CHAIN_GROUPS_MAX];
    size_t group_count;
} planned_node;

typedef struct {
    const char *output;              /* directory, must not exist */
    const char *version, *storage, *consensus;
    uint64_t chain_id;
    unsigned days;
    bool rpc_on_all_addresses, ec_channel, debug_log, no_flush, statistics, free_storage, two_level, ipv6;
    chain_ports first_ports;
    planned_node *nodes;
    size_t node_count;
} chain_plan;

/* From the arguments behind "chain create". The reason is for the user. */
bool chain_plan_read(chain_plan *plan, arena *a, int argc, char **argv, error_text *why) MUST_USE;
bool chain_node_has_group(const planned_node *node, unsigned id);

extern const char chain_create_usage[];

#endif
