#include "node/endpoints_file.h"
#include "base/ini.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bytes skip_blanks(bytes text)
{
    while (text.size && is_blank(text.data[0]))
        text = bytes_from(text, 1);
    return text;
}

static bytes skip_digits(bytes text)
{
    while (text.size && is_digit(text.data[0]))
        text = bytes_from(text, 1);
    return text;
}

/* Does <non-space>:<digits> stand at the beginning? The last colon in front of a digit counts. */
static bool begins_with_endpoint(bytes text)
{
    for (size_t i = 1; i + 1 < text.size && !is_blank(text.data[i - 1]); i++)
        if (text.data[i] == ':' && is_digit(text.data[i + 1]))
            return true;
    return false;
}

/* node.<digits>=<non-space>:<digits> at any place of the line. */
static bool names_peer(bytes line)
{
    static const char name[] = "node.";
    for (; line.size > strlen(name); line = bytes_from(line, 1)) {
        if (!bytes_start_with(line, BYTES_OF_LITERAL("node.")))
            continue;
        bytes number = bytes_from(line, strlen(name)), rest = skip_digits(number);
        bytes value = skip_blanks(rest);
        if (rest.size < number.size && value.size && value.data[0] == '=' && begins_with_endpoint(skip_blanks(bytes_from(value, 1))))
            return true;
    }
    return false;
}

static bool is_comment(bytes line)
{
    line = skip_blanks(line);
    return line.size && line.data[0] == ';';
}

static void append_endpoints(const char *const *endpoints, size_t count, const char *line_end, buffer *out)
{
    for (size_t i = 0; i < count; i++)
        buffer_print(out, "    node.%zu=%s%s", i, endpoints[i], line_end);
}

bool endpoints_file_text(bytes old, const char *const *endpoints, size_t count, buffer *out)
{
    bool found = false;
    while (old.size) {
        const uint8_t *end = memchr(old.data, '\n', old.size);
        bytes line = bytes_of(old.data, end ? (size_t)(end - old.data) + 1 : old.size);
        old = bytes_from(old, line.size);
        if (!is_comment(line) && names_peer(line))
            continue;
        buffer_append(out, line);
        if (!bytes_start_with(skip_blanks(line), BYTES_OF_LITERAL("[p2p]")))
            continue;
        found = true;
        const char *line_end = line.size >= 2 && line.data[line.size - 2] == '\r' ? "\r\n" : "\n";
        if (end == NULL)
            buffer_append_text(out, line_end);
        append_endpoints(endpoints, count, line_end, out);
    }
    return found;
}

static bool write_all(int file, bytes text)
{
    while (text.size) {
        ssize_t written = write(file, text.data, text.size);
        if (written <= 0)
            return false;
        text = bytes_from(text, (size_t)written);
    }
    return fsync(file) == 0;
}

/* The rename is durable when the directory is. */
static void sync_directory_of(const char *path)
{
    char copy[4096];
    snprintf(copy, sizeof copy, "%s", path);
    int directory = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return;
    (void)fsync(directory);
    close(directory);
}

static bool replace(const char *path, mode_t mode, bytes text, error_text *why)
{
    char temporary[4096];
    if ((size_t)snprintf(temporary, sizeof temporary, "%s.tmp", path) >= sizeof temporary)
        return error_set(why, "fail to create a tmp config file");
    int file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0)
        return error_set(why, "fail to create a tmp config file");
    bool written = fchmod(file, mode) == 0 && write_all(file, text);
    close(file);
    if (!written) {
        unlink(temporary);
        return error_set(why, "fail to output data to config file as expected");
    }
    if (rename(temporary, path) != 0) {
        unlink(temporary);
        return error_set(why, "fail to rename the config file");
    }
    sync_directory_of(path);
    return true;
}

bool endpoints_file_rewrite(const char *path, const char *const *endpoints, size_t count, error_text *why)
{
    arena a = {0};
    buffer text = buffer_init(2 * (size_t)INI_FILE_MAX_BYTES);
    struct stat about;
    bytes old;
    bool ok = (stat(path, &about) == 0 && file_read(&a, path, INI_FILE_MAX_BYTES, &old, why)) ||
              error_set(why, "fail to open config file");
    ok = ok && ((endpoints_file_text(old, endpoints, count, &text) && text.size <= INI_FILE_MAX_BYTES) ||
                error_set(why, "fail to insert peers' data into config file"));
    ok = ok && replace(path, about.st_mode & 07777, buffer_bytes(&text), why);
    buffer_free(&text);
    arena_reset(&a);
    return ok;
}
