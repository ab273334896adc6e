/* json_read.h: texts as the reference's parser reads them (spec/interfaces.md 2.3, spec/precompiled.md 3.7: jsoncpp 1.7.7). It is more lenient than
   JSON: comments are skipped; what stands behind the first complete value is ignored; of equal keys the last wins; strings may
   hold control characters and any bytes from 0x80 on, and \u0000; numbers may have leading zeros, and a lone "-" is 0; integers
   beyond 64 bits are reals. It is stricter in one: values nested deeper than JSON_READ_DEPTH_MAX end the request. */
#ifndef HANSE_RPC_JSON_READ_H
#define HANSE_RPC_JSON_READ_H

#include "base/bytes.h"

#include <jansson.h>

enum { JSON_READ_DEPTH_MAX = 1000 };

typedef enum { JSON_READ_OK, JSON_READ_BAD, JSON_READ_TOO_DEEP } json_read_result;

/* Jansson's integers end at 2^63 - 1. What becomes of those in [2^63, 2^64)? */
typedef enum {
    JSON_WIDE_AS_REAL,
    JSON_WIDE_AS_TEXT /* a string of their digits, for whoever takes a scalar as its text */
} json_wide_integers;

/* A text with more than values_max values and keys is JSON_READ_BAD (HARDEN). *out is NULL unless JSON_READ_OK; the caller gives it
   back with json_decref. */
json_read_result json_read(bytes text, size_t values_max, json_wide_integers wide, json_t **out) MUST_USE;

#endif
