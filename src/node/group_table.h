/* group_table.h: the running groups of a node by id. Any thread may look one up; it stays valid until it is given back.
   The connected nodes are kept here too, so that a group that joins later learns them. */
#ifndef HANSE_NODE_GROUP_TABLE_H
#define HANSE_NODE_GROUP_TABLE_H

#include "node/group_host.h"

typedef struct group_table group_table;

group_table *group_table_new(void) MUST_USE;
void group_table_free(group_table *t); /* must be empty */

/* false: the id is taken, or NODE_GROUPS_MAX groups run. */
bool group_table_add(group_table *t, group_host *h) MUST_USE;
/* Takes the group out and waits until nobody holds it any more. NULL: not there. */
group_host *group_table_remove(group_table *t, int32_t id);
group_host *group_table_hold(group_table *t, int32_t id); /* NULL: not there */
void group_table_release(group_table *t, group_host *h);
size_t group_table_ids(group_table *t, int32_t *out, size_t max); /* ascending */

/* A session came up or went down: tells every group. */
void group_table_session(group_table *t, const node_id *node, bool up);

#endif
