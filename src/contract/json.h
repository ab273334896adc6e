/* json.h: JSON as the reference's library reads and writes it. Source: spec/precompiled.md 3.7. */
#ifndef HANSE_CONTRACT_JSON_H
#define HANSE_CONTRACT_JSON_H

#include "base/arena.h"
#include "base/buffer.h"

enum { JSON_DEPTH_MAX = 1000 };

typedef enum { JSON_NULL, JSON_SCALAR, JSON_OBJECT, JSON_ARRAY } json_kind;

typedef struct json_value json_value;
typedef struct {
    bytes name;
    json_value *value;
    size_t place; /* in the text */
} json_member;

struct json_value {
    json_kind kind;
    bytes text;           /* JSON_SCALAR: as text; JSON_NULL: empty */
    json_member *members; /* JSON_OBJECT: ascending bytewise by name, each name once (the last one given counts) */
    size_t member_count;
};

/* Comments are allowed and what stands behind the first value is ignored. NULL: no value can be read. In a. */
json_value *json_read(arena *a, bytes text) MUST_USE;

/* NULL: no such member. object is a JSON_OBJECT. */
const json_value *json_member_of(const json_value *object, bytes name);

void json_write_quoted(buffer *out, bytes text); /* with quotes */

#endif
