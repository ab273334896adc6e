/* model.h: the texts in which the Java console shows JSON-RPC answers (spec/interfaces.md 15.1): Name{a='...',
   list=[...]}. Each shape is a table of fields in their order of printing; nothing is printed by hand. */
#ifndef HANSE_CONSOLE_MODEL_H
#define HANSE_CONSOLE_MODEL_H

#include "base/buffer.h"

#include <jansson.h>

typedef enum {
    FIELD_TEXT,    /* a='...', what the JSON holds; nothing: 'null' */
    FIELD_DECIMAL, /* a='12' from a quantity */
    FIELD_BARE,    /* a=12 */
    FIELD_TEXTS,   /* a=[x, y]; nothing: null */
    FIELD_QUOTED_TEXTS, /* a='[x, y]' */
    FIELD_MODEL,   /* a=Name{...}; nothing: null */
    FIELD_MODELS   /* a=[Name{...}, ...]; an element that is a text: TransactionHash{value='...'} */
} model_field_kind;

typedef struct model model;
typedef struct {
    const char *name, *key; /* what is printed, and its JSON key; NULL: the same */
    model_field_kind kind;
    const model *model;
} model_field;

struct model {
    const char *name; /* "" : none */
    const model_field *fields;
    size_t count;
};

void model_print(const model *m, const json_t *value, buffer *out);      /* an object */
void model_print_list(const model *m, const json_t *values, buffer *out); /* an array: [..., ...] */
void model_print_texts(const json_t *values, buffer *out);               /* an array of scalars: [a, b] */
/* "0x1f" -> "31"; what is no quantity, or past 64 bits, stays as it is. size >= 32. */
const char *model_decimal(const char *quantity, char *out, size_t size);
/* getConsensusStatus answers with an array and numbered keys: as model_consensus wants it. A new reference. */
json_t *model_consensus_of(const json_t *answer);

extern const model model_block, model_header, model_transaction, model_receipt, model_transaction_proof, model_receipt_proof,
    model_batch, model_consensus, model_sync, model_peer, model_node_info, model_version, model_group_status, model_peers_status[2];

#endif
