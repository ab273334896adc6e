#include "contract/json_view.h"

#include "codec/json_read.h"

#include <inttypes.h>
#include <stdlib.h>

static int by_name(const void *left, const void *right)
{
    const json_view_member *a = left, *b = right;
    return bytes_compare(a->name, b->name);
}

static const json_view *view_of(arena *a, json_t *value);

static void view_members(arena *a, json_t *object, json_view *out)
{
    out->members = arena_take_array(a, json_object_size(object), sizeof *out->members);
    for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
        bytes name = arena_copy(a, bytes_of(json_object_iter_key(at), json_object_iter_key_len(at)));
        out->members[out->member_count++] = (json_view_member){name, view_of(a, json_object_iter_value(at))};
    }
    if (out->member_count)
        qsort(out->members, out->member_count, sizeof *out->members, by_name);
}

static bytes text_of(arena *a, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        return arena_copy(a, bytes_of(json_string_value(value), json_string_length(value)));
    case JSON_INTEGER:
        return bytes_of_text(arena_print(a, "%" JSON_INTEGER_FORMAT, json_integer_value(value)));
    case JSON_REAL:
        return bytes_of_text(arena_print(a, "%.17g", json_real_value(value)));
    default:
        return json_is_true(value) ? BYTES_OF_LITERAL("true") : BYTES_OF_LITERAL("false");
    }
}

/* Recursion ends where json_read's does: JSON_READ_DEPTH_MAX. */
static const json_view *view_of(arena *a, json_t *value)
{
    json_view *view = arena_take(a, sizeof *view);
    if (json_is_array(value)) {
        view->kind = JSON_VIEW_ARRAY;
    } else if (json_is_object(value)) {
        view->kind = JSON_VIEW_OBJECT;
        view_members(a, value, view);
    } else if (!json_is_null(value)) {
        view->kind = JSON_VIEW_SCALAR;
        view->text = text_of(a, value);
    }
    return view;
}

const json_view *json_view_read(arena *a, bytes text)
{
    json_t *value;
    /* Every node must read what the others read, so there is no limit but the transaction's: a value takes a byte at least. */
    if (json_read(text, text.size, JSON_WIDE_AS_TEXT, &value) != JSON_READ_OK)
        return NULL;
    const json_view *view = view_of(a, value);
    json_decref(value);
    return view;
}

const json_view *json_view_find(const json_view *object, bytes name)
{
    json_view_member wanted = {.name = name};
    const json_view_member *found =
        object->member_count ? bsearch(&wanted, object->members, object->member_count, sizeof wanted, by_name) : NULL;
    return found ? found->value : NULL;
}
