/* json_text.h: request texts as the reference's parser reads them (spec/interfaces.md 2.3): comments are skipped, and what stands
   behind the first complete value is ignored. */
#ifndef HANSE_RPC_JSON_TEXT_H
#define HANSE_RPC_JSON_TEXT_H

#include "base/bytes.h"

#include <jansson.h>

/* false: not JSON; *out is NULL then. The caller gives *out back with json_decref. */
bool json_text_parse(bytes text, json_t **out) MUST_USE;

#endif
