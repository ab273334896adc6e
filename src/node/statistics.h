/* statistics.h: the lines of the statistics log (spec/interfaces.md 7.4). Any thread. */
#ifndef HANSE_NODE_STATISTICS_H
#define HANSE_NODE_STATISTICS_H

#include "base/log.h"
#include "chain/block.h"
#include "net/traffic.h"

/* What went through since the last call: AMOP, then each group. */
void statistics_write_traffic(logger *l, traffic *t, const int32_t *groups, size_t count);
/* Gas of a committed block and of its transactions; nothing when it has none. */
void statistics_write_block(logger *l, int32_t group_id, const block *b, const node_id *self);

#endif
