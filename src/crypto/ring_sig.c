#include "crypto/ring_sig.h"

#include "base/buffer.h"
#include "codec/hex.h"
#include "crypto/digest.h"

#include <gmp.h>
#include <stdlib.h>

/* How the reference's library reads the base of a number: by its last letter, or by a prefix. */
static int base_of(bytes *text)
{
    static const struct {
        const char *prefix;
        int base;
    } prefixes[] = {{"0x", 16}, {"0n", 2}, {"0o", 8}};
    char last = text->size ? (char)text->data[text->size - 1] : '.';
    if (last == 'h' || last == 'H')
        return 16;
    if (last == 'o' || last == 'O')
        return 8;
    if (last == 'b' || last == 'B')
        return 2;
    for (size_t i = 0; i < COUNT(prefixes); i++)
        if (bytes_start_with(*text, bytes_of_text(prefixes[i].prefix))) {
            *text = bytes_from(*text, 2);
            return prefixes[i].base;
        }
    return 10;
}

/* false: negative or too large. Characters that are no digits are skipped. */
static bool read_number(bytes text, mpz_t out)
{
    if (text.size && text.data[0] == '-')
        return false;
    int base = base_of(&text);
    char *digits = malloc(text.size + 1);
    size_t count = 0;
    if (digits == NULL)
        return false;
    for (size_t i = 0; i < text.size && count <= RING_SIG_MAX_BITS; i++) {
        int digit = hex_digit((char)text.data[i]);
        if (digit >= 0 && digit < base && (digit || count))
            digits[count++] = (char)text.data[i];
    }
    digits[count] = '\0';
    bool good = count <= RING_SIG_MAX_BITS && mpz_set_str(out, count ? digits : "0", base) == 0 &&
                mpz_sizeinbase(out, 2) <= RING_SIG_MAX_BITS;
    free(digits);
    return good;
}

/* Decimal digits and a full stop. */
static void append_number(buffer *out, const mpz_t number)
{
    char *text = mpz_get_str(NULL, 10, number);
    void (*release)(void *, size_t);
    mp_get_memory_functions(NULL, NULL, &release);
    buffer_append_text(out, text);
    buffer_append_byte(out, '.');
    release(text, strlen(text) + 1);
}

static void hash_to_number(const buffer *text, mpz_t out)
{
    hash256 hash = digest_of(DIGEST_KECCAK256, buffer_bytes(text));
    mpz_import(out, sizeof hash, 1, 1, 1, 0, hash.b);
}

typedef struct {
    mpz_t p, q, g, image, claimed, c, h, answer, key, z, product;
    buffer ring;   /* the texts of all public keys */
    buffer hashed; /* ring, image, message, and then the two values of each step */
} ring_work;

static bool read_parameters(ring_work *w, const ring_sig *s)
{
    bool good = read_number(s->p, w->p) && read_number(s->q, w->q) && read_number(s->g, w->g) &&
                read_number(s->key_image, w->image) && read_number(s->challenge, w->claimed) && mpz_sgn(w->p) > 0 &&
                mpz_sgn(w->q) > 0;
    for (size_t i = 0; good && i < s->members; i++) {
        good = read_number(s->public_keys[i], w->key) && read_number(s->answers[i], w->answer);
        append_number(&w->ring, w->key);
    }
    return good;
}

/* base^answer * other^c mod p, appended as text. */
static void append_step(ring_work *w, const mpz_t base, const mpz_t other)
{
    mpz_powm(w->z, base, w->answer, w->p);
    mpz_powm(w->product, other, w->c, w->p);
    mpz_mul(w->z, w->z, w->product);
    mpz_mod(w->z, w->z, w->p);
    append_number(&w->hashed, w->z);
}

static bool check(ring_work *w, const ring_sig *s)
{
    hash_to_number(&w->ring, w->h);
    mpz_mod(w->h, w->h, w->q);
    mpz_powm(w->h, w->g, w->h, w->p);
    buffer_append(&w->hashed, buffer_bytes(&w->ring));
    append_number(&w->hashed, w->image);
    buffer_append(&w->hashed, s->message);
    size_t fixed = w->hashed.size;
    mpz_set(w->c, w->claimed);
    for (size_t i = 0; i < s->members; i++) {
        w->hashed.size = fixed;
        (void)!read_number(s->public_keys[i], w->key);
        (void)!read_number(s->answers[i], w->answer);
        append_step(w, w->g, w->key);
        append_step(w, w->h, w->image);
        hash_to_number(&w->hashed, w->c);
    }
    return mpz_cmp(w->c, w->claimed) == 0;
}

ring_sig_result ring_sig_verify(const ring_sig *s)
{
    ring_work w = {.ring = buffer_init(BUFFER_NO_LIMIT), .hashed = buffer_init(BUFFER_NO_LIMIT)};
    mpz_inits(w.p, w.q, w.g, w.image, w.claimed, w.c, w.h, w.answer, w.key, w.z, w.product, NULL);
    ring_sig_result result = RING_SIG_BAD_NUMBERS;
    if (read_parameters(&w, s))
        result = check(&w, s) ? RING_SIG_TRUE : RING_SIG_FALSE;
    mpz_clears(w.p, w.q, w.g, w.image, w.claimed, w.c, w.h, w.answer, w.key, w.z, w.product, NULL);
    buffer_free(&w.ring);
    buffer_free(&w.hashed);
    return result;
}
