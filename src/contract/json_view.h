/* json_view.h: a JSON text as contracts look at one: an object's members in bytewise order, scalars as their texts.
   Source: spec/precompiled.md 3.7. What is taken for JSON: codec/json_read.h. */
#ifndef HANSE_CONTRACT_JSON_VIEW_H
#define HANSE_CONTRACT_JSON_VIEW_H

#include "base/arena.h"

typedef enum { JSON_VIEW_NULL, JSON_VIEW_SCALAR, JSON_VIEW_OBJECT, JSON_VIEW_ARRAY } json_view_kind;

typedef struct json_view json_view;
typedef struct {
    bytes name;
    const json_view *value;
} json_view_member;

struct json_view {
    json_view_kind kind;
    bytes text;                /* JSON_VIEW_SCALAR: as text; all others: empty */
    json_view_member *members; /* JSON_VIEW_OBJECT: ascending bytewise by name, each name once (the last one given counts) */
    size_t member_count;
};

/* Everything is copied into a. NULL: no value can be read. */
const json_view *json_view_read(arena *a, bytes text) MUST_USE;

/* NULL: no such member, or no object. */
const json_view *json_view_find(const json_view *object, bytes name);

#endif
