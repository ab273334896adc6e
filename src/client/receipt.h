/* receipt.h: receipts, made from what nodes tell. */
#ifndef HANSE_CLIENT_RECEIPT_H
#define HANSE_CLIENT_RECEIPT_H

#include "hanse/client.h"

#include <jansson.h>

/* Takes over the reference. NULL: it is no receipt. transaction_hash is put in where the node says zero, as in receipts of refused transactions. */
hanse_receipt *client_receipt_new(json_t *receipt, const char *transaction_hash);
hanse_receipt *client_receipt_keep(const hanse_receipt *r); /* one more owner */
/* Told by a node's pool, not read from a block: its block hash is zero (spec/network.md 10.4). */
bool client_receipt_is_refusal(const hanse_receipt *r);
/* Of a transaction that a node refused. */
hanse_receipt *client_receipt_refused(int status, const char *transaction_hash);

#endif
