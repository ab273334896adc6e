/* abi_private.h: between the files of abi.h. */
#ifndef HANSE_CODEC_ABI_PRIVATE_H
#define HANSE_CODEC_ABI_PRIVATE_H

#include "codec/abi.h"

enum { ABI_WORD_BYTES = 32, ABI_SHOWN_BYTES = 64 };

/* For %.*s: the beginning of what came from outside. */
#define SHOWN(text) (int)((text).size < ABI_SHOWN_BYTES ? (text).size : ABI_SHOWN_BYTES), (text).size ? (const char *)(text).data : ""

/* components: what "tuple" stands for; depth: how deep the type stands already. */
bool abi_type_parse_at(arena *a, bytes text, const json_t *components, unsigned depth, abi_type *out, error_text *why) MUST_USE;
/* A JSON list of {name, type, components, indexed} to a tuple. */
bool abi_fields_parse(arena *a, const json_t *list, unsigned depth, abi_type *out, error_text *why) MUST_USE;
/* Fills a tuple type over fields that live as long as it. */
bool abi_tuple_of(const abi_field *fields, size_t count, abi_type *out, error_text *why) MUST_USE;
void abi_entry_sign(arena *a, abi_entry *entry);
/* false: the number is none of this elementary type. */
bool abi_number_fits(const abi_type *type, u256 number);

static inline const abi_type *abi_item_type(const abi_type *type, size_t index)
{
    return type->kind == ABI_ARRAY ? type->item : &type->fields[index].type;
}

#endif
