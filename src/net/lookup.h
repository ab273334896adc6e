/* lookup.h: a host name asked of the system's resolver on a thread of its own. The resolver may hang for many seconds and cannot
   be stopped: an abandoned lookup ends by itself, touches nothing any more, and nobody waits for it. */
#ifndef HANSE_NET_LOOKUP_H
#define HANSE_NET_LOOKUP_H

#include "net/endpoint.h"

#include <sys/socket.h>

typedef struct lookup lookup;

/* done(context, l) is called once on the resolver's thread, unless the lookup was abandoned before; it may only pass l on and
   becomes an owner. The asker is an owner too. Every owner calls lookup_free, or the asker lookup_abandon. NULL: no thread to
   be had. */
lookup *lookup_start(const endpoint *where, void (*done)(void *context, lookup *l), void *context);
/* After this done is not called; the asker's interest ends. */
void lookup_abandon(lookup *l);
/* 0 and the first address, or a code for gai_strerror. */
int lookup_answer(const lookup *l, struct sockaddr_storage *out);
void lookup_free(lookup *l);

#endif
