/* receipt.h: what a transaction did. Source: spec/data-model.md section 4. */
#ifndef HANSE_CHAIN_RECEIPT_H
#define HANSE_CHAIN_RECEIPT_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/u256.h"
#include "chain/rules.h"
#include "chain/status.h"

enum { BLOOM_BYTES = 256, LOG_TOPICS_MAX = 4, RECEIPT_LOGS_MAX = 1000000, LOG_MIN_BYTES = 24 };

typedef struct {
    address from;
    size_t topic_count; /* at most LOG_TOPICS_MAX */
    hash256 topics[LOG_TOPICS_MAX];
    bytes data;
} log_entry;

typedef struct {
    uint8_t b[BLOOM_BYTES];
} bloom;

typedef struct receipt {
    hash256 state_root;
    u256 gas_used;
    address contract_address;
    bloom logs_bloom;
    uint32_t status; /* transaction_status */
    bytes output;
    u256 remain_gas;
    log_entry *logs;
    size_t log_count;
} receipt;

/* The bits that one value sets in a bloom. */
typedef struct {
    uint16_t bit[3];
} bloom_bits;

bloom_bits bloom_bits_of(const crypto_suite *suite, bytes value);
bool bloom_has(const bloom *b, bloom_bits bits); /* false: the value was not added */
void bloom_join(bloom *b, const bloom *more);
void bloom_add_log(const crypto_suite *suite, bloom *b, const log_entry *entry);
/* Fills receipt->logs_bloom from its logs. */
void receipt_set_bloom(const crypto_suite *suite, receipt *r);
void receipt_encode(const chain_rules *rules, const receipt *r, buffer *out);
hash256 receipt_hash(const chain_rules *rules, const receipt *r);
/* Views point into `encoded`, arrays live in `a`. */
bool receipt_decode(const chain_rules *rules, bytes encoded, arena *a, receipt *out, error_text *why) MUST_USE;

#endif
