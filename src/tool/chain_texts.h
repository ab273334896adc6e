/* chain_texts.h: the texts of the files of a chain. They live in the arena. */
#ifndef HANSE_TOOL_CHAIN_TEXTS_H
#define HANSE_TOOL_CHAIN_TEXTS_H

#include "crypto/suite.h"
#include "tool/chain_plan.h"

const char *text_config_ini(arena *a, const chain_plan *plan, const planned_node *node);
/* ids: of plan->nodes, as hex texts in the same order. */
const char *text_group_genesis(arena *a, const chain_plan *plan, unsigned group_id, const char *const *ids, int64_t timestamp_ms);
const char *text_group_ini(arena *a, const chain_plan *plan);

extern const char text_start_sh[], text_stop_sh[], text_start_all_sh[], text_stop_all_sh[];

#endif
