/* engine.h: what the engines of this floor share. Not for other floors. */
#ifndef HANSE_STORE_ENGINE_H
#define HANSE_STORE_ENGINE_H

#include "store/row_codec.h"

typedef enum { BATCH_NEXT, BATCH_ALREADY_THERE, BATCH_CONFLICT } batch_place;

/* Where a batch stands behind what was applied last; BATCH_CONFLICT fills why. */
batch_place store_place_batch(int64_t last_applied, const store_batch *batch, error_text *why);
/* Decodes a stored row set. A damaged one is named by table and key: STORE_CORRUPT. */
store_result store_decode_rows(const row_key *where, bytes encoded, arena *a, row_set *out, error_text *why);
/* Encodes the rows of a put behind what stands in out. STORE_IO with a reason: over a limit of row_codec.h. */
store_result store_encode_rows(const store_put *put, buffer *out, error_text *why);
/* length(table) table key: no two pairs give the same bytes, and the keys of one table stay in bytewise order. */
void store_join_key(buffer *out, bytes table, bytes key);

#endif
