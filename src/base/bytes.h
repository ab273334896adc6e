/* bytes.h: a view of bytes. It owns nothing; whoever owns the memory says how long the view may be used. */
#ifndef HANSE_BASE_BYTES_H
#define HANSE_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((__format__(__printf__, text, first)))
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

typedef struct {
    const uint8_t *data; /* may be NULL when size is 0 */
    size_t size;
} bytes;

#define BYTES_EMPTY ((bytes){NULL, 0})
#define BYTES_OF_LITERAL(text) ((bytes){(const uint8_t *)(text), sizeof(text) - 1})
/* The bytes of a fixed-size value, e.g. BYTES_OF_VALUE(hash). */
#define BYTES_OF_VALUE(value) ((bytes){(const uint8_t *)&(value), sizeof(value)})

static inline bytes bytes_of(const void *data, size_t size)
{
    return (bytes){data, size};
}

static inline bytes bytes_of_text(const char *text)
{
    return (bytes){(const uint8_t *)text, strlen(text)};
}

static inline bool bytes_equal(bytes a, bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Bytewise order; a prefix comes before the longer value. */
static inline int bytes_compare(bytes a, bytes b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common ? memcmp(a.data, b.data, common) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

static inline bool bytes_equal_text(bytes a, const char *text)
{
    return bytes_equal(a, bytes_of_text(text));
}

static inline bool bytes_start_with(bytes whole, bytes prefix)
{
    return whole.size >= prefix.size && (prefix.size == 0 || memcmp(whole.data, prefix.data, prefix.size) == 0);
}

/* The bytes from `from` on; empty when `from` is past the end. */
static inline bytes bytes_from(bytes whole, size_t from)
{
    return from >= whole.size ? BYTES_EMPTY : bytes_of(whole.data + from, whole.size - from);
}

/* `size` bytes from `from` on, which are there. */
static inline bytes bytes_part(bytes whole, size_t from, size_t size)
{
    return size == 0 ? BYTES_EMPTY : bytes_of(whole.data + from, size);
}

static inline uint32_t read_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t read_be64(const uint8_t *p)
{
    return (uint64_t)read_be32(p) << 32 | read_be32(p + 4);
}

static inline uint16_t read_be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline void write_be16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8), p[1] = (uint8_t)v;
}

static inline void write_be32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24), p[1] = (uint8_t)(v >> 16), p[2] = (uint8_t)(v >> 8), p[3] = (uint8_t)v;
}

static inline void write_be64(uint8_t *p, uint64_t v)
{
    write_be32(p, (uint32_t)(v >> 32)), write_be32(p + 4, (uint32_t)v);
}

static inline uint32_t read_le32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static inline uint64_t read_le64(const uint8_t *p)
{
    return (uint64_t)read_le32(p + 4) << 32 | read_le32(p);
}

static inline void write_le32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v, p[1] = (uint8_t)(v >> 8), p[2] = (uint8_t)(v >> 16), p[3] = (uint8_t)(v >> 24);
}

static inline void write_le64(uint8_t *p, uint64_t v)
{
    write_le32(p, (uint32_t)v), write_le32(p + 4, (uint32_t)(v >> 32));
}

#endif
