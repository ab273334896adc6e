/* session_news.h: who is connected, on its way from the net's thread to a group's machines. However often sessions come and go before
   the machines look, one list waits: that of now. A node that went and came back meanwhile is still seen to go first, because the
   machines forget what they know of a node that goes. Memory: a few lists of the connected nodes. */
#ifndef HANSE_NODE_SESSION_NEWS_H
#define HANSE_NODE_SESSION_NEWS_H

#include "crypto/suite.h"

typedef struct session_news session_news;

session_news *session_news_new(void) MUST_USE;
void session_news_free(session_news *n); /* NULL is allowed */

/* The nodes that are connected now. true: nothing waits yet, and the machines are to be called. Any thread. */
bool session_news_put(session_news *n, const node_id *nodes, size_t count);
/* What the machines are to see next, ascending; lives until the next call. One thread. */
const node_id *session_news_take(session_news *n, size_t *count);
/* They have seen it. true: something waits again, and they are to be called again. The same thread. */
bool session_news_seen(session_news *n);
bool session_news_waits(session_news *n);
void session_news_drop(session_news *n); /* nobody will look any more: nothing waits */

#endif
