/* abi.h: Solidity ABI arguments and results as the built-in contracts of the reference read and write them.
   Source: spec/precompiled.md 3.1 and 3.2. */
#ifndef HANSE_CONTRACT_ABI_H
#define HANSE_CONTRACT_ABI_H

#include "base/arena.h"
#include "base/u256.h"
#include "crypto/suite.h"

/* Reads the heads in order. Decoding stops at the first failure: later reads give defaults (empty, 0), and no contract looks
   at the failure (QUIRK). Results are views into data. */
typedef struct {
    bytes data; /* call data behind the selector */
    size_t head;
    bool failed;
} abi_reader;

static inline abi_reader abi_reader_of(bytes data)
{
    return (abi_reader){.data = data};
}

typedef struct {
    bool is_negative;
    u256 magnitude;
} abi_signed;

bytes abi_read_bytes(abi_reader *r); /* string or bytes */
u256 abi_read_u256(abi_reader *r);
abi_signed abi_read_signed(abi_reader *r); /* QUIRK: 0x8000..00 to 0x8fff..ff stay positive */
address abi_read_address(abi_reader *r);
hash256 abi_read_bytes32(abi_reader *r);

bytes abi_signed_text(arena *a, abi_signed value); /* decimal */

/* Writes heads and tails; a result of several values is written in order and taken with abi_written. */
enum { ABI_VALUES_MAX = 4 };

typedef struct {
    arena *memory;
    size_t count;
    struct {
        uint8_t head[32];
        bytes tail;      /* padded */
        bool is_dynamic;
    } values[ABI_VALUES_MAX];
} abi_writer;

static inline abi_writer abi_writer_of(arena *memory)
{
    return (abi_writer){.memory = memory};
}

void abi_write_u256(abi_writer *w, u256 value);
void abi_write_i64(abi_writer *w, int64_t value); /* two's complement */
void abi_write_address(abi_writer *w, const address *value);
void abi_write_bytes32(abi_writer *w, const hash256 *value);
void abi_write_bytes(abi_writer *w, bytes value); /* string or bytes */
void abi_write_addresses(abi_writer *w, const address *values, size_t count);
bytes abi_written(abi_writer *w);                 /* in w->memory */
/* Call data of that function with what was written as its arguments. */
bytes abi_written_call(abi_writer *w, const crypto_suite *suite, const char *signature);

u256 u256_of_i64(int64_t value); /* two's complement */
uint32_t abi_selector(const crypto_suite *suite, const char *signature);
/* Error(string) with that text, as a failed call gives it (spec/execution.md section 0). In a. */
bytes abi_error(const crypto_suite *suite, arena *a, bytes text);

#endif
