/* pack.h: files of records: one xz stream of RLP lists, each beginning with a text that names its kind. The recordings of
   tests/golden have this form (tests/golden/README.md lists the kinds). */
#ifndef HANSE_CODEC_PACK_H
#define HANSE_CODEC_PACK_H

#include "base/error_text.h"
#include "codec/rlp.h"

enum {
    PACK_FILE_MAX_BYTES = 64 * 1024 * 1024,     /* packed */
    PACK_RECORDS_MAX_BYTES = 512 * 1024 * 1024, /* unpacked */
    PACK_MEMORY_MAX_BYTES = 128 * 1024 * 1024   /* what liblzma may take */
};

typedef struct {
    bytes kind;
    rlp_reader fields; /* behind the kind */
} pack_record;

/* Reads and unpacks a whole file; the caller frees *out. */
bool pack_read_file(const char *path, buffer *out, error_text *why) MUST_USE;
/* rlp_reader records = rlp_reader_of(buffer_bytes(&unpacked)); while (pack_next(&records, &one)) ...
   false at the end or at a malformed record: then records.error is set. Views point into the unpacked bytes. */
bool pack_next(rlp_reader *records, pack_record *out);
bool pack_is(const pack_record *record, const char *kind);

#endif
