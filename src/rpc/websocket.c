#include "rpc/websocket.h"

#include <assert.h>
#include <openssl/evp.h>

/* ---- handshake ---- */

static bool is_base64_digit(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

bool websocket_accept(bytes key, char out[WEBSOCKET_ACCEPT_BYTES + 1])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    enum { KEY_BYTES = 24, KEY_DIGITS = 22, SHA1_BYTES = 20 };
    uint8_t text[KEY_BYTES + sizeof guid - 1], digest[EVP_MAX_MD_SIZE];
    if (key.size != KEY_BYTES || key.data[KEY_DIGITS] != '=' || key.data[KEY_DIGITS + 1] != '=')
        return false;
    for (size_t i = 0; i < KEY_DIGITS; i++)
        if (!is_base64_digit(key.data[i]))
            return false;
    memcpy(text, key.data, KEY_BYTES);
    memcpy(text + KEY_BYTES, guid, sizeof guid - 1);
    int ok = EVP_Digest(text, sizeof text, digest, NULL, EVP_sha1(), NULL);
    assert(ok == 1);
    int size = EVP_EncodeBlock((unsigned char *)out, digest, SHA1_BYTES);
    assert(size == WEBSOCKET_ACCEPT_BYTES);
    return true;
}

/* ---- UTF-8 (RFC 3629, section 4) ---- */

static bool begin_character(websocket_reader *r, uint8_t first)
{
    r->utf8_low = 0x80;
    r->utf8_high = 0xBF;
    if (first < 0x80) {
        r->utf8_left = 0;
    } else if (first >= 0xC2 && first <= 0xDF) {
        r->utf8_left = 1;
    } else if (first >= 0xE0 && first <= 0xEF) {
        r->utf8_left = 2;
        if (first == 0xE0)
            r->utf8_low = 0xA0; /* not longer than needed */
        else if (first == 0xED)
            r->utf8_high = 0x9F; /* no surrogates */
    } else if (first >= 0xF0 && first <= 0xF4) {
        r->utf8_left = 3;
        if (first == 0xF0)
            r->utf8_low = 0x90;
        else if (first == 0xF4)
            r->utf8_high = 0x8F; /* up to U+10FFFF */
    } else {
        return false;
    }
    return true;
}

static bool check_utf8(websocket_reader *r, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (r->utf8_left == 0) {
            if (data[i] >= 0x80 && !begin_character(r, data[i]))
                return false;
        } else {
            if (data[i] < r->utf8_low || data[i] > r->utf8_high)
                return false;
            r->utf8_low = 0x80;
            r->utf8_high = 0xBF;
            r->utf8_left--;
        }
    }
    return true;
}

/* ---- frames in ---- */

websocket_reader websocket_reader_init(size_t message_max_bytes)
{
    return (websocket_reader){.message = buffer_init(message_max_bytes)};
}

void websocket_reader_free(websocket_reader *r)
{
    buffer_free(&r->message);
}

bool websocket_is_within(const websocket_reader *r)
{
    return r->head_bytes > 0 || r->in_payload || r->in_message;
}

static websocket_event fail(websocket_reader *r, websocket_close_code code, const char *why)
{
    r->close_code = code;
    r->failure = why;
    return WEBSOCKET_FAILED;
}

/* Two bytes say how long the head is. */
static size_t head_size(const websocket_reader *r)
{
    enum { SHORT_BYTES = 2, MASK_BYTES = 4 };
    if (r->head_bytes < SHORT_BYTES)
        return SHORT_BYTES;
    unsigned length = r->head[1] & 0x7F;
    return SHORT_BYTES + (length == 127 ? 8 : length == 126 ? 2 : 0) + (r->head[1] & 0x80 ? MASK_BYTES : 0);
}

static websocket_event check_data(websocket_reader *r)
{
    if (r->opcode == WEBSOCKET_BINARY)
        return fail(r, WEBSOCKET_UNSUPPORTED_DATA, "only text messages are taken");
    if (r->opcode == WEBSOCKET_CONTINUATION && !r->in_message)
        return fail(r, WEBSOCKET_PROTOCOL_ERROR, "a continuation of nothing");
    if (r->opcode == WEBSOCKET_TEXT && r->in_message)
        return fail(r, WEBSOCKET_PROTOCOL_ERROR, "a message within a message");
    if (r->payload_left > r->message.max_bytes - r->message.size)
        return fail(r, WEBSOCKET_TOO_BIG, "the message is too long");
    r->in_message = true;
    return WEBSOCKET_GOT_NOTHING;
}

static websocket_event check_control(websocket_reader *r)
{
    if (!r->is_final)
        return fail(r, WEBSOCKET_PROTOCOL_ERROR, "a control frame in fragments");
    if (r->payload_left > WEBSOCKET_CONTROL_MAX_BYTES)
        return fail(r, WEBSOCKET_PROTOCOL_ERROR, "a control frame of more than 125 bytes");
    r->control_bytes = 0;
    return WEBSOCKET_GOT_NOTHING;
}

/* What the first two bytes tell is judged at once. */
static websocket_event check_start(websocket_reader *r)
{
    r->is_final = r->head[0] & 0x80;
    r->opcode = r->head[0] & 0x0F;
    if (r->head[0] & 0x70)
        return fail(r, WEBSOCKET_PROTOCOL_ERROR, "a reserved bit is set");
    if ((r->opcode > WEBSOCKET_BINARY && r->opcode < WEBSOCKET_CLOSE) || r->opcode > WEBSOCKET_PONG)
        return fail(r, WEBSOCKET_PROTOCOL_ERROR, "an unknown opcode");
    if (!(r->head[1] & 0x80))
        return fail(r, WEBSOCKET_PROTOCOL_ERROR, "a frame of a client must be masked");
    return WEBSOCKET_GOT_NOTHING;
}

static websocket_event begin_payload(websocket_reader *r)
{
    unsigned length = r->head[1] & 0x7F;
    r->payload_left = length == 127 ? read_be64(r->head + 2) : length == 126 ? read_be16(r->head + 2) : length;
    if ((length == 126 && r->payload_left < 126) || (length == 127 && (r->payload_left <= UINT16_MAX || r->payload_left > INT64_MAX)))
        return fail(r, WEBSOCKET_PROTOCOL_ERROR, "a length in more bytes than it needs");
    memmove(r->head, r->head + r->head_bytes - 4, 4); /* the mask */
    r->head_bytes = 0;
    r->mask_at = 0;
    r->in_payload = true;
    return r->opcode < WEBSOCKET_CLOSE ? check_data(r) : check_control(r);
}

static websocket_event take_head(websocket_reader *r, bytes in, size_t *taken)
{
    size_t needed;
    while ((needed = head_size(r)) > r->head_bytes) {
        if (*taken == in.size)
            return WEBSOCKET_GOT_NOTHING;
        r->head[r->head_bytes++] = in.data[(*taken)++];
        websocket_event failed = r->head_bytes == 2 ? check_start(r) : WEBSOCKET_GOT_NOTHING;
        if (failed)
            return failed;
    }
    return begin_payload(r);
}

static bool is_close_code(unsigned code)
{
    return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) || (code >= 3000 && code <= 4999);
}

static websocket_event end_close(websocket_reader *r)
{
    r->close_code = WEBSOCKET_NO_STATUS;
    if (r->control_bytes == 0)
        return WEBSOCKET_GOT_CLOSE;
    if (r->control_bytes == 1 || !is_close_code(read_be16(r->control)))
        return fail(r, WEBSOCKET_PROTOCOL_ERROR, "a close frame without a valid code");
    r->utf8_left = 0; /* a text that has begun does not go on */
    if (!check_utf8(r, r->control + 2, r->control_bytes - 2) || r->utf8_left)
        return fail(r, WEBSOCKET_INVALID_DATA, "the reason of a close frame is not UTF-8");
    r->close_code = read_be16(r->control);
    return WEBSOCKET_GOT_CLOSE;
}

static websocket_event end_frame(websocket_reader *r)
{
    r->in_payload = false;
    switch (r->opcode) {
    case WEBSOCKET_CLOSE:
        return end_close(r);
    case WEBSOCKET_PING:
        return WEBSOCKET_GOT_PING;
    case WEBSOCKET_PONG:
        return WEBSOCKET_GOT_PONG;
    default:
        if (!r->is_final)
            return WEBSOCKET_GOT_NOTHING;
        r->in_message = false;
        r->message_is_given = true;
        if (r->utf8_left)
            return fail(r, WEBSOCKET_INVALID_DATA, "a text that is not UTF-8");
        return WEBSOCKET_GOT_TEXT;
    }
}

static websocket_event take_payload(websocket_reader *r, bytes in, size_t *taken)
{
    size_t left = in.size - *taken;
    size_t size = r->payload_left < left ? (size_t)r->payload_left : left;
    bool is_control = r->opcode >= WEBSOCKET_CLOSE;
    uint8_t *to = is_control ? r->control + r->control_bytes : buffer_extend(&r->message, size);
    assert(to || size == 0); /* the head was checked against the limits */
    const uint8_t *from = in.data + *taken, mask[4] = {r->head[0], r->head[1], r->head[2], r->head[3]};
    for (size_t i = 0; i < size; i++)
        to[i] = from[i] ^ mask[(r->mask_at + i) & 3];
    r->mask_at = (r->mask_at + size) & 3;
    *taken += size;
    r->payload_left -= size;
    if (is_control)
        r->control_bytes += size;
    else if (!check_utf8(r, to, size))
        return fail(r, WEBSOCKET_INVALID_DATA, "a text that is not UTF-8");
    return r->payload_left ? WEBSOCKET_GOT_NOTHING : end_frame(r);
}

websocket_event websocket_read(websocket_reader *r, bytes in, size_t *taken)
{
    *taken = 0;
    if (r->message_is_given)
        buffer_clear(&r->message);
    r->message_is_given = false;
    for (;;) {
        websocket_event e = r->in_payload ? WEBSOCKET_GOT_NOTHING : take_head(r, in, taken);
        if (e == WEBSOCKET_GOT_NOTHING && r->in_payload)
            e = take_payload(r, in, taken);
        if (e != WEBSOCKET_GOT_NOTHING)
            return e;
        if (*taken == in.size)
            return e;
    }
}

/* ---- frames out ---- */

size_t websocket_write_head(uint8_t out[WEBSOCKET_HEAD_MAX_BYTES], websocket_opcode opcode, uint64_t payload_bytes)
{
    out[0] = 0x80 | (uint8_t)opcode;
    if (payload_bytes < 126) {
        out[1] = (uint8_t)payload_bytes;
        return 2;
    }
    if (payload_bytes <= UINT16_MAX) {
        out[1] = 126;
        write_be16(out + 2, (uint16_t)payload_bytes);
        return 4;
    }
    out[1] = 127;
    write_be64(out + 2, payload_bytes);
    return 10;
}

size_t websocket_write_close(uint8_t out[WEBSOCKET_CONTROL_MAX_BYTES], websocket_close_code code, const char *reason)
{
    if (code == WEBSOCKET_NO_STATUS)
        return 0;
    size_t size = strlen(reason);
    if (size > WEBSOCKET_CONTROL_MAX_BYTES - 2) {
        size = WEBSOCKET_CONTROL_MAX_BYTES - 2;
        while (size && ((uint8_t)reason[size] & 0xC0) == 0x80)
            size--; /* not within a character */
    }
    write_be16(out, (uint16_t)code);
    memcpy(out + 2, reason, size);
    return 2 + size;
}
