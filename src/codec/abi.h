/* abi.h: the contract ABI of Solidity: types, values, calls, results and events, for tools and the client library.
   Source: the Contract ABI Specification of the Solidity documentation. Everything parsed or decoded lives in the arena given;
   byte values are views into what was decoded. Every function is pure. Decoding is strict: a number outside its type, an offset or
   length outside the data is refused. */
#ifndef HANSE_CODEC_ABI_H
#define HANSE_CODEC_ABI_H

#include "base/arena.h"
#include "base/error_text.h"
#include "base/u256.h"
#include "codec/json_write.h"

enum {
    ABI_NESTING_MAX = 16,           /* arrays and tuples within each other */
    ABI_FIELDS_MAX = 256,           /* of one tuple, parameters of one function */
    ABI_HEAD_MAX_BYTES = 1 << 20,   /* of one static type: what uint256[32768] takes */
    ABI_VALUES_MAX = 1 << 18,         /* in one decoded or parsed value, all levels together */
    ABI_ENTRIES_MAX = 4096,         /* of one contract */
    ABI_JSON_MAX_BYTES = 8 * 1024 * 1024
};

typedef enum {
    ABI_UINT,
    ABI_INT,
    ABI_ADDRESS,
    ABI_BOOL,
    ABI_FIXED_BYTES,
    ABI_BYTES,
    ABI_STRING,
    ABI_ARRAY,
    ABI_TUPLE
} abi_kind;

#define ABI_ANY_LENGTH SIZE_MAX

typedef struct abi_field abi_field;
typedef struct abi_type {
    abi_kind kind;
    unsigned bits;              /* ABI_UINT, ABI_INT: 8, 16, ..., 256 */
    size_t size;                /* ABI_FIXED_BYTES: 1..32; ABI_ARRAY: its length, or ABI_ANY_LENGTH */
    const struct abi_type *item; /* ABI_ARRAY */
    const abi_field *fields;    /* ABI_TUPLE */
    size_t field_count;
    bool is_dynamic;            /* encoded behind the head */
    size_t head_bytes;          /* what it takes in the head: 32 when dynamic */
} abi_type;

struct abi_field {
    const char *name; /* may be empty */
    bool is_indexed;  /* of events */
    abi_type type;
};

typedef struct abi_value {
    const abi_type *type;
    u256 number;             /* uint; int as two's complement; address; bool */
    bytes data;              /* fixed bytes, bytes, string */
    struct abi_value *items; /* array, tuple */
    size_t count;
} abi_value;

/* "uint256", "bytes32[][4]", "(address,uint8)[]", "tuple(bool)"; uint and int mean 256 bits. */
bool abi_type_parse(arena *a, bytes text, abi_type *out, error_text *why) MUST_USE;
void abi_type_print(const abi_type *type, buffer *out); /* the canonical form: what selectors are made of */

/* tuple: a value of kind ABI_TUPLE, usually the parameters of a function; its fields are encoded without a head of their own. */
void abi_encode(const abi_value *tuple, buffer *out);
bool abi_decode(arena *a, const abi_type *tuple, bytes data, abi_value *out, error_text *why) MUST_USE;

/* From what a person writes. Numbers: decimal, negative decimal or 0x hex, as JSON number or string; bytes and addresses: 0x hex of
   the exact size; tuples: arrays, or objects with the names of the fields. */
bool abi_value_from_json(arena *a, const abi_type *type, const json_t *json, abi_value *out, error_text *why) MUST_USE;
/* One argument of a command line: plain for elementary types, JSON for arrays and tuples. */
bool abi_value_from_text(arena *a, const abi_type *type, bytes text, abi_value *out, error_text *why) MUST_USE;
/* A tuple from one text for each field. */
bool abi_values_from_texts(arena *a, const abi_type *tuple, const char *const *texts, size_t count, abi_value *out,
                           error_text *why) MUST_USE;
/* Numbers of up to 48 bits as JSON numbers, wider ones as decimal strings; bytes as 0x hex; strings that are not UTF-8 as 0x hex. */
void abi_value_write_json(json_writer *w, const abi_value *value);

typedef enum { ABI_FUNCTION, ABI_CONSTRUCTOR, ABI_EVENT, ABI_OTHER } abi_entry_kind;

typedef struct {
    abi_entry_kind kind;
    const char *name;
    const char *signature; /* "transfer(address,uint256)": hash it; a selector is the first 4 bytes, an event's topic all 32 */
    abi_type inputs, outputs; /* tuples */
    bool is_constant;      /* view or pure: a call, not a transaction */
    bool is_anonymous;     /* events without the signature topic */
} abi_entry;

typedef struct {
    abi_entry *entries;
    size_t count;
} abi_contract;

/* The JSON array that a compiler writes. */
bool abi_contract_parse(arena *a, bytes json, abi_contract *out, error_text *why) MUST_USE;
/* By name, or by signature when the name is overloaded. NULL with a reason: none, or more than one. */
const abi_entry *abi_contract_find(const abi_contract *contract, abi_entry_kind kind, bytes name_or_signature, error_text *why);
/* "set(string)", "get()(string)": a function without a contract. */
bool abi_function_parse(arena *a, bytes text, abi_entry *out, error_text *why) MUST_USE;

/* topics: 32 bytes each, the signature topic included. Indexed values of dynamic types, arrays and tuples are only known by
   their hash: they come out as bytes32. out: a tuple of the event's parameters in their order. */
bool abi_decode_event(arena *a, const abi_entry *event, const bytes *topics, size_t topic_count, bytes data, abi_value *out,
                      error_text *why) MUST_USE;

#endif
