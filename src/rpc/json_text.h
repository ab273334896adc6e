/* json_text.h: request texts as the reference's parser reads them (spec/interfaces.md 2.3: jsoncpp 1.7.7). It is more lenient than
   JSON: comments are skipped; what stands behind the first complete value is ignored; of equal keys the last wins; strings may
   hold control characters and any bytes from 0x80 on, and \u0000; numbers may have leading zeros, and a lone "-" is 0; integers
   beyond 64 bits are reals. It is stricter in one: values nested deeper than JSON_TEXT_DEPTH_MAX end the request. */
#ifndef HANSE_RPC_JSON_TEXT_H
#define HANSE_RPC_JSON_TEXT_H

#include "base/bytes.h"

#include <jansson.h>

enum {
    JSON_TEXT_DEPTH_MAX = 1000,
    JSON_TEXT_VALUES_MAX = 1000000 /* HARDEN: values and keys of one text; more: JSON_TEXT_BAD */
};

typedef enum { JSON_TEXT_OK, JSON_TEXT_BAD, JSON_TEXT_TOO_DEEP } json_text_result;

/* *out is NULL unless JSON_TEXT_OK; the caller gives it back with json_decref. An integer in [2^63, 2^64) becomes a real. */
json_text_result json_text_parse(bytes text, json_t **out) MUST_USE;

#endif
