/* row_codec.h: the row set of one key as bytes: hanse's own format, used by the embedded engines (docs/storage.md).

       set    = version(1 byte, ROW_CODEC_VERSION) count rows...
       row    = id num status(1 byte) count fields...
       field  = length name length value
   Every number without a size is a LEB128 varint in its shortest form. Ids ascend strictly, names ascend strictly bytewise.
   Exactly one encoding belongs to a row set, so a decoder refuses whatever re-encodes differently. */
#ifndef HANSE_STORE_ROW_CODEC_H
#define HANSE_STORE_ROW_CODEC_H

#include "base/buffer.h"
#include "store/store.h"

enum {
    ROW_CODEC_VERSION = 1,
    ROW_FIELDS_MAX = 4096,         /* of one row; a table has at most 1,024 bytes of field names (data-model.md 8.6) */
    ROW_SET_ROWS_MAX = 1 << 24,    /* under one key */
    ROW_SET_MAX_BYTES = 1 << 30    /* encoded; a block of 16 MiB transactions stays far below it */
};

/* Asserts the order of ids and names. false: over a limit above. */
bool row_set_encode(const row_set *rows, buffer *out) MUST_USE;
/* Views point into `encoded`, arrays live in a. */
bool row_set_decode(bytes encoded, arena *a, row_set *out, error_text *why) MUST_USE;

void varint_write(buffer *out, uint64_t value);

#endif
