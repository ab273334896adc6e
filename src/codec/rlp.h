/* rlp.h: Recursive Length Prefix, as spec/data-model.md section 2 wants it.
   Reading: a reader walks the items of one payload. It keeps the first error and the number of the item where it happened;
   every later read returns something empty, so a decoder reads all its fields and looks at the error once.
   Items that stand behind the ones a decoder reads are ignored (QUIRK of data-model.md 2: extra list items are accepted).
   Writing: into a buffer; a list is opened, filled and closed. */
#ifndef HANSE_CODEC_RLP_H
#define HANSE_CODEC_RLP_H

#include "base/buffer.h"
#include "base/u256.h"

enum { RLP_HEADER_MAX_BYTES = 9 };

typedef enum {
    RLP_OK,
    RLP_TRUNCATED,     /* the item claims more than is left, or there is no such item */
    RLP_NOT_CANONICAL, /* length or integer not in its shortest form */
    RLP_NOT_A_LIST,
    RLP_NOT_A_STRING,
    RLP_WRONG_SIZE,    /* a fixed-size value with another length, or an integer too large for its type */
    RLP_TRAILING_BYTES /* bytes behind the one item that was expected */
} rlp_error;

typedef struct {
    const uint8_t *at, *end;
    rlp_error error;
    unsigned item; /* items read so far; with an error: the number of the bad one, from 0 */
} rlp_reader;

typedef struct {
    bool is_list;
    bytes payload;
    bytes whole; /* header and payload */
} rlp_item;

/* How strict a fixed-size read is (data-model.md 2). */
typedef enum {
    RLP_EXACT,      /* "VeryStrict": exactly that many bytes */
    RLP_PAD_LEFT,   /* "Strict": shorter allowed, right-aligned; longer is an error */
    RLP_CROP        /* "LaissezFaire": shorter right-aligned; longer keeps the first bytes */
} rlp_fit;

const char *rlp_error_text(rlp_error error);

rlp_reader rlp_reader_of(bytes payload); /* the items stand one behind the other in payload, without a list header */
rlp_reader rlp_open_list(bytes whole);   /* whole is exactly one list; otherwise the reader starts with an error */
rlp_reader rlp_open_boxed(bytes whole);  /* BOX of spec/consensus.md 0.1: a list of one string that holds the items */

bool rlp_at_end(const rlp_reader *r);    /* also true after an error */
size_t rlp_count_items(const rlp_reader *r); /* of what is left, up to the first malformed one */
rlp_item rlp_read_item(rlp_reader *r);
bool rlp_peek_is_list(const rlp_reader *r);
rlp_reader rlp_read_list(rlp_reader *r);  /* the error of the inner reader stays with it: check both */
bytes rlp_read_string(rlp_reader *r);     /* a list is RLP_NOT_A_STRING */
bytes rlp_read_bytes_lenient(rlp_reader *r); /* a list gives empty bytes */
u256 rlp_read_u256(rlp_reader *r);        /* strict integers: no leading zero, at most 32 bytes */
uint64_t rlp_read_uint(rlp_reader *r, size_t max_bytes); /* strict, at most max_bytes (1..8) */
void rlp_read_fixed(rlp_reader *r, uint8_t *out, size_t size, rlp_fit fit); /* out is zeroed after an error */
void rlp_fail(rlp_reader *r, rlp_error error); /* a decoder's own objection to the item just read */

void rlp_write_string(buffer *out, bytes payload);
void rlp_write_uint(buffer *out, uint64_t value);
void rlp_write_u32(buffer *out, uint64_t value); /* U32() of spec/consensus.md 0.1: QUIRK, value modulo 2^32 */
void rlp_write_u256(buffer *out, u256 value);
/* size_t mark = rlp_begin_list(out); ...items...; rlp_end_list(out, mark); Lists nest. rlp_end_string closes the same mark as
   a string instead (for BOX). */
size_t rlp_begin_list(buffer *out);
void rlp_end_list(buffer *out, size_t mark);
void rlp_end_string(buffer *out, size_t mark);
static inline size_t rlp_begin_string(buffer *out)
{
    return rlp_begin_list(out);
}
/* The header of a list with that many payload bytes into out; returns its length. For hashing a list that is not in one piece. */
size_t rlp_list_header(size_t payload_bytes, uint8_t out[RLP_HEADER_MAX_BYTES]);
size_t rlp_list_size(size_t payload_bytes); /* size of a list or string (of more than one byte) with its header */

#endif
