#include "console/artifacts.h"
#include "base/ini.h"
#include "base/memory.h"
#include "console/accounts.h"
#include "console/compiler.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char deploy_log[] = "deploylog.txt";
static const char *const subfolders[] = {"/solidity", "", "/build"};

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), tail = strlen(end);
    return size >= tail && strcmp(text + size - tail, end) == 0;
}

/* The name without .sol, .abi, .bin. */
static const char *without_suffix(session *s, const char *text)
{
    size_t size = strlen(text);
    if (size > 4 && (ends_with(text, ".sol") || ends_with(text, ".abi") || ends_with(text, ".bin")))
        size -= 4;
    return arena_copy_text(&s->memory, bytes_of(text, size));
}

const char *artifact_name(session *s, const char *name_or_path)
{
    const char *slash = strrchr(name_or_path, '/');
    return without_suffix(s, slash ? slash + 1 : name_or_path);
}

/* ---- finding ---- */

/* Folders in which a name or path is looked for. */
static size_t search_folders(session *s, const char *name_or_path, const char **out)
{
    const char *slash = strrchr(name_or_path, '/'), *home = getenv("HOME");
    if (slash == NULL) {
        for (size_t i = 0; i < COUNT(subfolders); i++)
            out[i] = arena_print(&s->memory, "%s%s", s->options->contracts, subfolders[i]);
        return COUNT(subfolders);
    }
    int size = (int)(slash - name_or_path);
    bool is_home = strncmp(name_or_path, "~/", 2) == 0 && home;
    out[0] = is_home ? arena_print(&s->memory, "%s%.*s", home, size - 1, name_or_path + 1)
                     : arena_print(&s->memory, "%.*s", size ? size : 1, name_or_path);
    out[1] = arena_print(&s->memory, "%s/build", out[0]);
    return 2;
}

/* The newest change of a file that is there; {0}: it is not. */
static struct timespec changed(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) ? st.st_mtim : (struct timespec){0};
}

static bool is_newer(struct timespec a, struct timespec b)
{
    return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

static const char *find_file(session *s, const char *const *folders, size_t count, const char *name, const char *suffix)
{
    for (size_t i = 0; i < count; i++) {
        const char *path = arena_print(&s->memory, "%s/%s%s", folders[i], name, suffix);
        if (changed(path).tv_sec)
            return path;
    }
    return NULL;
}

static const char *read_text(session *s, const char *path)
{
    bytes text;
    error_text why;
    if (file_read(&s->memory, path, ARTIFACT_MAX_BYTES, &text, &why)) {
        char *copy = arena_copy_text(&s->memory, text);
        for (size_t size = strlen(copy); size && (copy[size - 1] == '\n' || copy[size - 1] == '\r'); size--)
            copy[size - 1] = '\0';
        return copy;
    }
    console_fail(s, "%s", why.text);
    return NULL;
}

static bool fail_missing(session *s, const char *name, const char *source, const char *const *folders, size_t count)
{
    if (source)
        return console_fail(s, "%s: there is no Solidity compiler (solc on the PATH, or npm's solc in %s), and no %s.abi and %s.bin.", source,
                    s->options->contracts, name, name);
    buffer places = buffer_init(BUFFER_NO_LIMIT);
    for (size_t i = 0; i < count; i++)
        buffer_print(&places, "%s%s", i == 0 ? "" : i + 1 == count ? " or " : ", ", folders[i]);
    console_fail(s, "There is no %s.sol, or %s.abi and %s.bin, in %.*s.", name, name, name, (int)places.size, (const char *)places.data);
    buffer_free(&places);
    return false;
}

bool artifact_find(session *s, const char *name_or_path, bool needs_code, artifact *out)
{
    const char *folders[COUNT(subfolders)];
    size_t count = search_folders(s, name_or_path, folders);
    const char *name = artifact_name(s, name_or_path);
    const char *source = find_file(s, folders, count, name, ".sol"), *abi = find_file(s, folders, count, name, ".abi");
    const char *code = find_file(s, folders, count, name, ".bin");
    *out = (artifact){.name = name};
    bool is_complete = abi && (code || !needs_code);
    bool is_stale = is_complete && source && is_newer(changed(source), changed(abi));
    is_stale = is_stale || (is_complete && source && code && is_newer(changed(source), changed(code)));
    if (source && (!is_complete || is_stale) && compiler_is_there(s))
        return compiler_run(s, source, name, &out->abi, &out->code) &&
               (!needs_code || out->code[0] || console_fail(s, "%s of %s has no code: it is abstract, or an interface.", name, source));
    if (!is_complete)
        return fail_missing(s, name, source, folders, count);
    out->abi = read_text(s, abi);
    out->code = code ? read_text(s, code) : NULL;
    return out->abi && (out->code || !needs_code);
}

/* ---- what was deployed ---- */

static const char *compiled_folder(session *s, const char *name)
{
    return arena_print(&s->memory, "%s/.compiled/%d/%s", s->options->contracts, s->group, name);
}

bool artifact_find_deployed(session *s, const char *name_or_path, const char *address, artifact *out)
{
    const char *name = artifact_name(s, name_or_path);
    const char *kept = arena_print(&s->memory, "%s/%s/%s.abi", compiled_folder(s, name), address, name);
    if (!changed(kept).tv_sec)
        return artifact_find(s, name_or_path, false, out);
    *out = (artifact){.name = name, .abi = read_text(s, kept)};
    return out->abi != NULL;
}

static int newest_first(const void *a, const void *b)
{
    const deployed_contract *x = a, *y = b;
    if (x->time != y->time)
        return x->time < y->time ? 1 : -1;
    return (x->nanoseconds < y->nanoseconds) - (x->nanoseconds > y->nanoseconds);
}

size_t artifact_deployed(session *s, const char *name, deployed_contract **out)
{
    const char *folder = compiled_folder(s, name);
    DIR *d = opendir(folder);
    size_t count = 0, capacity = 0;
    *out = NULL;
    for (struct dirent *e; d && count < ARTIFACT_NAMES_MAX && (e = readdir(d));) {
        struct stat st;
        if (strncmp(e->d_name, "0x", 2) != 0 || stat(arena_print(&s->memory, "%s/%s", folder, e->d_name), &st) != 0)
            continue;
        if (count == capacity) {
            capacity = capacity ? capacity * 2 : 16;
            deployed_contract *more = arena_take_array(&s->memory, capacity, sizeof *more);
            if (count)
                memcpy(more, *out, count * sizeof *more);
            *out = more;
        }
        (*out)[count++] = (deployed_contract){.address = arena_copy_text(&s->memory, bytes_of_text(e->d_name)), .time = st.st_mtim.tv_sec,
                                              .nanoseconds = st.st_mtim.tv_nsec};
    }
    if (d)
        closedir(d);
    if (count)
        qsort(*out, count, sizeof **out, newest_first);
    return count;
}

static bool write_file(session *s, const char *folder, const char *name, const char *suffix, const char *text)
{
    const char *path = arena_print(&s->memory, "%s/%s%s", folder, name, suffix);
    FILE *f = fopen(path, "w");
    bool ok = f && fputs(text, f) >= 0;
    ok = f && fclose(f) == 0 && ok;
    return ok || console_fail(s, "%s cannot be written: %s", path, strerror(errno));
}

/* Keeps the newest lines when the log has become too long. */
static void shorten_log(session *s)
{
    bytes text;
    error_text why;
    size_t lines = 0;
    if (!file_read(&s->memory, deploy_log, ARTIFACT_MAX_BYTES, &text, &why))
        return;
    for (size_t i = 0; i < text.size; i++)
        lines += text.data[i] == '\n';
    if (lines <= DEPLOY_LOG_LINES_MAX)
        return;
    size_t from = 0;
    for (size_t drop = lines - DEPLOY_LOG_LINES_MAX; drop; from++)
        drop -= text.data[from] == '\n';
    const char *next = arena_print(&s->memory, "%s.new", deploy_log);
    FILE *f = fopen(next, "w");
    bool ok = f && fwrite(text.data + from, 1, text.size - from, f) == text.size - from;
    ok = f && fclose(f) == 0 && ok;
    if (!ok || rename(next, deploy_log) != 0)
        console_fail(s, "%s cannot be shortened: %s", deploy_log, strerror(errno));
}

static void log_deployment(session *s, const char *name, const char *address)
{
    char when[32];
    time_t now = time(NULL);
    struct tm local;
    strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", localtime_r(&now, &local));
    FILE *f = fopen(deploy_log, "a");
    bool ok = f && fprintf(f, "%s  [group:%d]  %-20s  %s\n", when, s->group, name, address) > 0;
    ok = f && fclose(f) == 0 && ok;
    if (!ok)
        console_fail(s, "%s cannot be written: %s", deploy_log, strerror(errno));
    else
        shorten_log(s);
}

void artifact_keep(session *s, const artifact *a, const char *address)
{
    const char *folder = arena_print(&s->memory, "%s/%s", compiled_folder(s, a->name), address);
    if (!accounts_make_folder(folder))
        console_fail(s, "%s cannot be made: %s", folder, strerror(errno));
    else if (write_file(s, folder, a->name, ".abi", a->abi))
        write_file(s, folder, a->name, ".bin", a->code);
    log_deployment(s, a->name, address);
}

/* ---- lists ---- */

static bool is_known(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

size_t artifact_names(session *s, const char ***out)
{
    const char **names = arena_take_array(&s->memory, ARTIFACT_NAMES_MAX, sizeof *names);
    size_t count = 0;
    for (size_t i = 0; i < COUNT(subfolders); i++) {
        DIR *d = opendir(arena_print(&s->memory, "%s%s", s->options->contracts, subfolders[i]));
        for (struct dirent *e; d && count < ARTIFACT_NAMES_MAX && (e = readdir(d));) {
            if (!ends_with(e->d_name, ".sol") && !ends_with(e->d_name, ".abi"))
                continue;
            const char *name = without_suffix(s, e->d_name);
            if (!is_known(names, count, name))
                names[count++] = name;
        }
        if (d)
            closedir(d);
    }
    *out = names;
    return count;
}

const char *artifact_known_abi(session *s, const char *name_or_path, const char *address)
{
    const char *folders[COUNT(subfolders)], *name = artifact_name(s, name_or_path), *path = NULL;
    size_t count = search_folders(s, name_or_path, folders);
    deployed_contract *deployed;
    if ((address == NULL || strcmp(address, "latest") == 0) && artifact_deployed(s, name, &deployed))
        address = deployed[0].address;
    if (address)
        path = arena_print(&s->memory, "%s/%s/%s.abi", compiled_folder(s, name), address, name);
    if (path == NULL || !changed(path).tv_sec)
        path = find_file(s, folders, count, name, ".abi");
    bytes text;
    return path && file_read(&s->memory, path, ARTIFACT_MAX_BYTES, &text, NULL) ? arena_copy_text(&s->memory, text) : NULL;
}

size_t artifact_addresses(session *s, const char ***out)
{
    const char *folder = arena_print(&s->memory, "%s/.compiled/%d", s->options->contracts, s->group);
    const char **addresses = arena_take_array(&s->memory, ARTIFACT_NAMES_MAX, sizeof *addresses);
    size_t count = 0;
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));) {
        deployed_contract *deployed;
        size_t of_name = e->d_name[0] == '.' ? 0 : artifact_deployed(s, e->d_name, &deployed);
        for (size_t i = 0; i < of_name && count < ARTIFACT_NAMES_MAX; i++)
            addresses[count++] = deployed[i].address;
    }
    if (d)
        closedir(d);
    *out = addresses;
    return count;
}

size_t artifact_log(session *s, size_t max, const char ***lines)
{
    bytes text;
    error_text why;
    size_t count = 0, all = 0;
    const char *mark = arena_print(&s->memory, "[group:%d]", s->group);
    if (access(deploy_log, R_OK) != 0 || !file_read(&s->memory, deploy_log, ARTIFACT_MAX_BYTES, &text, &why))
        return 0;
    for (size_t i = 0; i < text.size; i++)
        all += text.data[i] == '\n';
    const char **found = arena_take_array(&s->memory, all + 1, sizeof *found);
    char *copy = arena_copy_text(&s->memory, text), *rest = NULL;
    for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (strstr(line, mark))
            found[count++] = line;
    *lines = count > max ? found + (count - max) : found;
    return count < max ? count : max;
}
