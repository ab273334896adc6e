#include "store/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MARK_MAX_BYTES = 256, OWNER_MAX_BYTES = 128 };

static const char mark_name[] = "HANSE_STORE", mark_next_name[] = "HANSE_STORE.next", owner_name[] = "OWNER";

typedef enum { MARK_ABSENT, MARK_FOUNDING, MARK_READY } mark_state;

static store_result system_failure(const char *path, const char *doing, error_text *why)
{
    int reason = errno;
    error_set(why, "%s: cannot %s: %s", path, doing, strerror(reason));
    return reason == ENOSPC || reason == EDQUOT || reason == EFBIG ? STORE_FULL : STORE_IO;
}

/* At most size - 1 bytes of a small file, with a terminating zero; -1: errno says why. */
static ssize_t read_small(int directory, const char *name, char *out, size_t size)
{
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t got = read(fd, out, size - 1);
    int reason = errno;
    close(fd);
    errno = reason;
    if (got >= 0)
        out[got] = 0;
    return got;
}

static void mark_print(char out[MARK_MAX_BYTES], int format, const char *engine, const char *state)
{
    snprintf(out, MARK_MAX_BYTES, "hanse store\nformat=%d\nengine=%s\nstate=%s\n", format, engine, state);
}

static store_result mark_write(int directory, const char *path, const char *engine, const char *state, error_text *why)
{
    char text[MARK_MAX_BYTES];
    mark_print(text, STORE_FORMAT, engine, state);
    size_t size = strlen(text);
    int fd = openat(directory, mark_next_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return system_failure(path, "write the file HANSE_STORE", why);
    bool written = write(fd, text, size) == (ssize_t)size && fsync(fd) == 0;
    int reason = errno;
    close(fd);
    errno = reason;
    if (!written || renameat(directory, mark_next_name, directory, mark_name) != 0 || fsync(directory) != 0)
        return system_failure(path, "write the file HANSE_STORE", why);
    return STORE_OK;
}

/* Compares with the two texts this program writes, so nothing has to be parsed but the format of a refused one. */
static store_result mark_read(int directory, const char *path, const char *engine, mark_state *state, error_text *why)
{
    char text[MARK_MAX_BYTES], expected[MARK_MAX_BYTES];
    *state = MARK_ABSENT;
    if (read_small(directory, mark_name, text, sizeof text) < 0)
        return errno == ENOENT ? STORE_OK : system_failure(path, "read the file HANSE_STORE", why);
    mark_print(expected, STORE_FORMAT, engine, "founding");
    if (strcmp(text, expected) == 0) {
        *state = MARK_FOUNDING;
        return STORE_OK;
    }
    mark_print(expected, STORE_FORMAT, engine, "ready");
    if (strcmp(text, expected) == 0) {
        *state = MARK_READY;
        return STORE_OK;
    }
    int format = 0;
    if (sscanf(text, "hanse store\nformat=%9d\n", &format) == 1 && format > STORE_FORMAT)
        error_set(why, "%s: a store of format %d; this program reads up to format %d", path, format, STORE_FORMAT);
    else
        error_set(why, "%s: its file HANSE_STORE does not say that this is a %s store of hanse", path, engine);
    return STORE_FOREIGN;
}

/* A new store is founded only where nothing stands. */
static store_result check_empty(int directory, const char *path, error_text *why)
{
    static const char *const ours[] = {".", "..", "lost+found", owner_name, mark_next_name};
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    if (list == NULL) {
        store_result result = system_failure(path, "list the directory", why);
        if (fd >= 0)
            close(fd);
        return result;
    }
    store_result result = STORE_OK;
    for (struct dirent *item; result == STORE_OK && (item = readdir(list));) {
        bool known = false;
        for (size_t i = 0; i < COUNT(ours); i++)
            known = known || strcmp(item->d_name, ours[i]) == 0;
        if (!known) {
            error_set(why, "%s: not a store of hanse (it holds %s but no file HANSE_STORE); name an empty directory", path,
                      item->d_name);
            result = STORE_FOREIGN;
        }
    }
    closedir(list);
    return result;
}

static store_result open_directory(int *fd, const char *path, error_text *why)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return system_failure(path, "make the directory", why);
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd >= 0)
        return STORE_OK;
    if (errno == ENOTDIR) {
        error_set(why, "%s: a file stands where the directory of the store should be", path);
        return STORE_FOREIGN;
    }
    return system_failure(path, "open the directory", why);
}

static store_result take_ownership(store_directory *d, const char *path, error_text *why)
{
    d->owner_fd = openat(d->fd, owner_name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (d->owner_fd < 0)
        return system_failure(path, "open the file OWNER", why);
    char text[OWNER_MAX_BYTES], host[64] = "";
    if (flock(d->owner_fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return system_failure(path, "lock the file OWNER", why);
        ssize_t got = read_small(d->fd, owner_name, text, sizeof text);
        error_set(why, "%s: in use by %s; two nodes cannot share one store", path,
                  got > 0 && strncmp(text, "process ", 8) == 0 ? text : "another process");
        return STORE_FENCED;
    }
    gethostname(host, sizeof host - 1);
    int size = snprintf(text, sizeof text, "process %ld on %s", (long)getpid(), host);
    /* Only a text for a person: a full disk here is found by the engine soon enough. */
    if (ftruncate(d->owner_fd, 0) != 0 || pwrite(d->owner_fd, text, (size_t)size, 0) != size)
        return STORE_OK;
    return STORE_OK;
}

static store_result check_mark(store_directory *d, const char *path, const char *engine, mark_state *state, error_text *why)
{
    store_result result = mark_read(d->fd, path, engine, state, why);
    if (result == STORE_OK && *state == MARK_ABSENT)
        result = check_empty(d->fd, path, why);
    return result;
}

store_result directory_take(store_directory *d, const char *path, const char *engine, error_text *why)
{
    *d = (store_directory){.fd = -1, .owner_fd = -1};
    mark_state state;
    store_result result = open_directory(&d->fd, path, why);
    if (result == STORE_OK)
        result = check_mark(d, path, engine, &state, why); /* before OWNER is made: a foreign directory stays untouched */
    if (result == STORE_OK)
        result = take_ownership(d, path, why);
    if (result == STORE_OK)
        result = check_mark(d, path, engine, &state, why); /* again: an owner who has just left may have founded it */
    if (result == STORE_OK && state == MARK_ABSENT) {
        state = MARK_FOUNDING;
        result = mark_write(d->fd, path, engine, "founding", why);
    }
    if (result != STORE_OK) {
        directory_release(d);
        return result;
    }
    d->founding = state == MARK_FOUNDING;
    return STORE_OK;
}

store_result directory_founded(store_directory *d, const char *path, const char *engine, error_text *why)
{
    store_result result = mark_write(d->fd, path, engine, "ready", why);
    if (result == STORE_OK)
        d->founding = false;
    return result;
}

void directory_release(store_directory *d)
{
    if (d->owner_fd >= 0)
        close(d->owner_fd); /* gives the lock back */
    if (d->fd >= 0)
        close(d->fd);
    d->fd = d->owner_fd = -1;
}
