/* json_write.h: compact JSON, appended to a buffer as it is made. Form: spec/interfaces.md 2.4 (keys in ascending byte order, no
   spaces, escapes in the manner of jsoncpp's FastWriter), value formats: 3.1.
   Keys of one object must be written in ascending order, each once; that, and pairing, are invariants (assert). What is too
   large is noticed by the buffer (`overflowed`). One writer, one thread. */
#ifndef HANSE_CODEC_JSON_WRITE_H
#define HANSE_CODEC_JSON_WRITE_H

#include "base/buffer.h"
#include "base/u256.h"

#include <jansson.h>

enum { JSON_DEPTH_MAX = 64 };

typedef struct {
    buffer *out;
    unsigned depth;
    struct {
        bool is_object, has_items, key_is_written;
        bytes last_key; /* a view: the text of a key must live until the next key of the same object */
    } level[JSON_DEPTH_MAX + 1];
} json_writer;

/* text with quotes and escapes, for whoever sets the commas himself; any bytes, those from 0x80 on are copied. */
void json_append_quoted(buffer *out, bytes text);

json_writer json_write_to(buffer *out);
bool json_write_is_done(const json_writer *w); /* one whole document was written */

void json_write_begin_object(json_writer *w);
void json_write_end_object(json_writer *w);
void json_write_begin_array(json_writer *w);
void json_write_end_array(json_writer *w);
void json_write_key(json_writer *w, const char *key);
void json_write_key_bytes(json_writer *w, bytes key);

void json_write_string(json_writer *w, bytes text); /* any bytes; those from 0x80 on are copied */
void json_write_text(json_writer *w, const char *text);
void json_write_int(json_writer *w, int64_t value);
void json_write_uint(json_writer *w, uint64_t value);
void json_write_real(json_writer *w, double value); /* %.17g; what is no number is null */
void json_write_bool(json_writer *w, bool value);
void json_write_null(json_writer *w);
void json_write_hex(json_writer *w, bytes value);   /* "0x" and two digits a byte; empty: "0x" */
void json_write_plain_hex(json_writer *w, bytes value); /* without 0x */
void json_write_quantity(json_writer *w, u256 value);   /* "0x" and hex without leading zeros; zero: "0x0" */
void json_write_quantity_u64(json_writer *w, uint64_t value);
/* A parsed value as it is, its keys sorted. false, and null written, when it is nested deeper than the writer goes. */
bool json_write_value(json_writer *w, const json_t *value);
/* Text that is one JSON value already. */
void json_write_raw(json_writer *w, bytes json);

#endif
