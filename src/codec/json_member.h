/* json_member.h: one member of a JSON object, key and value, for the many renderers that write nothing else (codec/json_write.h). */
#ifndef HANSE_CODEC_JSON_MEMBER_H
#define HANSE_CODEC_JSON_MEMBER_H

#include "codec/json_write.h"

static inline void json_member_hex(json_writer *w, const char *key, bytes value)
{
    json_write_key(w, key);
    json_write_hex(w, value);
}

static inline void json_member_quantity(json_writer *w, const char *key, u256 value)
{
    json_write_key(w, key);
    json_write_quantity(w, value);
}

static inline void json_member_quantity_u64(json_writer *w, const char *key, uint64_t value)
{
    json_write_key(w, key);
    json_write_quantity_u64(w, value);
}

#endif
