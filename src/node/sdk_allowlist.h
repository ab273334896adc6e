/* sdk_allowlist.h: the keys of SDKs that may use a group through the channel port: [sdk_allowlist] of group.N.ini. It can be read
   again while the group runs. Source: spec/network.md 12.1. Threads: any. */
#ifndef HANSE_NODE_SDK_ALLOWLIST_H
#define HANSE_NODE_SDK_ALLOWLIST_H

#include "base/error_text.h"
#include "crypto/suite.h"

typedef struct sdk_allowlist sdk_allowlist;

sdk_allowlist *sdk_allowlist_new(void) MUST_USE; /* empty */
void sdk_allowlist_free(sdk_allowlist *l);       /* NULL is allowed */

/* Takes the list from a group's ini file: public_key.N=128 hex digits, 0x allowed; other keys of the section are ignored. false:
   the reason names file, line and key, and the old list stays (so it does when there is no file: an absent file would let
   everybody in). */
bool sdk_allowlist_read(sdk_allowlist *l, const char *ini_path, error_text *why) MUST_USE;
size_t sdk_allowlist_count(sdk_allowlist *l);
/* true also for everyone while the list is empty. */
bool sdk_allowlist_allows(sdk_allowlist *l, const node_id *key);

#endif
