#include "console/accounts.h"
#include "base/memory.h"
#include "console/command.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

enum { PASSWORD_MAX_BYTES = 1024, ADDRESS_TEXT_LENGTH = 42 };

/* ---- the key store ---- */

static const char *store_folder(session *s)
{
    return arena_print(&s->memory, "%s/ecdsa", s->options->key_store);
}

bool accounts_make_folder(const char *path)
{
    char *copy = memory_copy_text(path);
    bool ok = true;
    for (char *p = copy + 1; ok && *p; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        ok = mkdir(copy, 0777) == 0 || errno == EEXIST;
        *p = '/';
    }
    ok = ok && (mkdir(copy, 0777) == 0 || errno == EEXIST);
    free(copy);
    return ok;
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), tail = strlen(end);
    return size >= tail && strcmp(text + size - tail, end) == 0;
}

typedef struct {
    const char *address, *path;
    bool is_p12;
    struct timespec changed;
} stored_account;

/* "0x<40 digits>.pem" or ".p12"; the public key beside it is none. */
static bool is_account_file(const char *name)
{
    return strncmp(name, "0x", 2) == 0 && strspn(name + 2, "0123456789abcdefABCDEF") == 40 &&
           (strcmp(name + ADDRESS_TEXT_LENGTH, ".pem") == 0 || strcmp(name + ADDRESS_TEXT_LENGTH, ".p12") == 0);
}

static int by_age(const void *a, const void *b)
{
    const struct timespec *x = &((const stored_account *)a)->changed, *y = &((const stored_account *)b)->changed;
    if (x->tv_sec != y->tv_sec)
        return x->tv_sec < y->tv_sec ? 1 : -1;
    return (x->tv_nsec < y->tv_nsec) - (x->tv_nsec > y->tv_nsec);
}

/* Newest first. */
static size_t read_store(session *s, stored_account **out)
{
    const char *folder = store_folder(s);
    DIR *d = opendir(folder);
    size_t count = 0, capacity = 0;
    *out = NULL;
    for (struct dirent *e; d && count < ACCOUNTS_MAX && (e = readdir(d));) {
        struct stat st;
        if (!is_account_file(e->d_name))
            continue;
        const char *path = arena_print(&s->memory, "%s/%s", folder, e->d_name);
        if (stat(path, &st) != 0)
            continue;
        if (count == capacity) {
            capacity = capacity ? capacity * 2 : 16;
            stored_account *more = arena_take_array(&s->memory, capacity, sizeof *more);
            if (count)
                memcpy(more, *out, count * sizeof *more);
            *out = more;
        }
        (*out)[count++] = (stored_account){.address = arena_copy_text(&s->memory, bytes_of(e->d_name, ADDRESS_TEXT_LENGTH)), .path = path,
                                           .is_p12 = ends_with(path, ".p12"), .changed = st.st_mtim};
    }
    if (d)
        closedir(d);
    if (count)
        qsort(*out, count, sizeof **out, by_age);
    return count;
}

size_t accounts_list(session *s, const char ***addresses)
{
    stored_account *stored;
    size_t count = read_store(s, &stored);
    *addresses = arena_take_array(&s->memory, count + 1, sizeof **addresses);
    for (size_t i = 0; i < count; i++)
        (*addresses)[i] = stored[i].address;
    return count;
}

/* ---- reading ---- */

char *accounts_ask_password(const char *prompt)
{
    struct termios old, quiet;
    FILE *terminal = fopen("/dev/tty", "r+");
    if (terminal == NULL || tcgetattr(fileno(terminal), &old) != 0) {
        if (terminal)
            fclose(terminal);
        return NULL;
    }
    char *password = memory_new(PASSWORD_MAX_BYTES);
    quiet = old;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    fputs(prompt, terminal);
    fflush(terminal);
    tcsetattr(fileno(terminal), TCSAFLUSH, &quiet);
    char *line = fgets(password, PASSWORD_MAX_BYTES, terminal);
    tcsetattr(fileno(terminal), TCSAFLUSH, &old);
    fputc('\n', terminal);
    fclose(terminal);
    password[strcspn(password, "\r\n")] = '\0';
    if (line)
        return password;
    free(password);
    return NULL;
}

static hanse_account *read_p12(session *s, const char *path, hanse_error *error)
{
    if (s->options->password)
        return hanse_account_read_p12(path, s->options->password, error);
    char *password = accounts_ask_password("Enter p12 Password:");
    if (password == NULL) {
        *error = (hanse_error){.kind = HANSE_ERROR_USAGE};
        snprintf(error->text, sizeof error->text, "%.900s: a password is needed, and there is no terminal to ask for it", path);
        return NULL;
    }
    hanse_account *account = hanse_account_read_p12(path, password, error);
    explicit_bzero(password, strlen(password));
    free(password);
    return account;
}

/* Takes the account of a file as the current one. */
static bool load(session *s, const char *path, bool is_p12)
{
    hanse_error error = {0};
    hanse_account *account = is_p12 ? read_p12(s, path, &error) : hanse_account_read_pem(path, &error);
    if (account == NULL)
        return console_fail_with(s, &error);
    hanse_account_free(s->account);
    free(s->account_path);
    s->account = account;
    s->account_path = memory_copy_text(path);
    return true;
}

/* Writes a new key into the key store. NULL: it is said why. */
static hanse_account *create(session *s, const char *format, const char *password, const char **path)
{
    hanse_error error = {0};
    const char *folder = store_folder(s);
    if (!accounts_make_folder(folder)) {
        console_fail(s, "%s cannot be made: %s", folder, strerror(errno));
        return NULL;
    }
    hanse_account *account = hanse_account_new(&error);
    char *written = NULL;
    if (account && strcmp(format, "p12") == 0)
        written = hanse_account_write_p12(account, folder, password, &error);
    else if (account)
        written = hanse_account_write_pem(account, folder, &error);
    if (written == NULL) {
        hanse_account_free(account);
        console_fail_with(s, &error);
        return NULL;
    }
    *path = console_keep(s, written);
    return account;
}

static bool find_stored(session *s, const char *address, stored_account *out)
{
    stored_account *stored;
    size_t count = read_store(s, &stored);
    for (size_t i = 0; i < count; i++)
        if (address == NULL || strcasecmp(stored[i].address, address) == 0) {
            *out = stored[i];
            return true;
        }
    return false;
}

const hanse_account *accounts_current(session *s, bool make)
{
    stored_account stored;
    const console_options *o = s->options;
    if (s->account)
        return s->account;
    if (o->key) {
        load(s, o->key, o->key_is_p12);
    } else if (find_stored(s, o->account, &stored)) {
        load(s, stored.path, stored.is_p12);
    } else if (o->account && make) {
        console_fail(s, "The account %s is not in %s.", o->account, store_folder(s));
    } else if (make) {
        const char *path;
        s->account = create(s, "pem", NULL, &path);
        s->account_path = s->account ? memory_copy_text(path) : NULL;
    }
    return s->account;
}

/* ---- commands ---- */

static bool run_new(session *s, const command *c, int argc, char **argv)
{
    const char *format = argc ? argv[0] : s->options->account_format, *path;
    char *asked = NULL;
    (void)c;
    if (strcmp(format, "pem") != 0 && strcmp(format, "p12") != 0)
        return console_fail(s, "Please provide pem or p12 for the account's format.");
    if (strcmp(format, "p12") == 0 && argc < 2 && (asked = accounts_ask_password("Enter p12 Password:")) == NULL)
        return console_fail(s, "A p12 file needs a password.");
    hanse_account *account = create(s, format, asked ? asked : argc > 1 ? argv[1] : NULL, &path);
    if (asked)
        explicit_bzero(asked, strlen(asked));
    free(asked);
    if (account == NULL)
        return false;
    say(s, "AccountPath: %s", path);
    say(s, "Note: This operation does not create an account in the blockchain, but only creates a local account, and deploying a contract "
           "through this account will create an account in the blockchain");
    say(s, "newAccount: %s", hanse_account_address(account));
    say(s, "AccountType: ecdsa\n");
    hanse_account_free(account);
    return true;
}

static bool run_load(session *s, const command *c, int argc, char **argv)
{
    const char *format = argc > 1 ? argv[1] : "pem", *name = argv[0];
    (void)c;
    if (strcmp(format, "pem") != 0 && strcmp(format, "p12") != 0)
        return console_fail(s, "Please provide pem or p12 for the account's format.");
    const char *home = getenv("HOME");
    const char *path = strncmp(name, "~/", 2) == 0 && home ? arena_print(&s->memory, "%s%s", home, name + 1) : name;
    if (access(path, F_OK) != 0)
        path = arena_print(&s->memory, "%s/%s.%s", store_folder(s), name, format);
    if (access(path, F_OK) != 0)
        return console_fail(s, "The account file %s doesn't exist!", path);
    if (!load(s, path, strcmp(format, "p12") == 0 || ends_with(path, ".p12")))
        return false;
    say(s, "Load account %s success!\n", name);
    return true;
}

static bool run_list(session *s, const command *c, int argc, char **argv)
{
    (void)c, (void)argc, (void)argv;
    const hanse_account *current = accounts_current(s, false);
    const char **addresses;
    size_t count = accounts_list(s, &addresses);
    if (current)
        say(s, "%s(current account) <=", hanse_account_address(current));
    for (size_t i = 0; i < count; i++)
        if (current == NULL || strcasecmp(addresses[i], hanse_account_address(current)) != 0)
            say(s, "%s", addresses[i]);
    if (current == NULL && count == 0)
        say(s, "Empty set");
    say_blank(s);
    return true;
}

static bool run_current(session *s, const command *c, int argc, char **argv)
{
    (void)c, (void)argc, (void)argv;
    const hanse_account *account = accounts_current(s, true);
    if (account)
        say(s, "%s", hanse_account_address(account));
    return account != NULL;
}

static bool run_crypto_type(session *s, const command *c, int argc, char **argv)
{
    (void)c, (void)argc, (void)argv;
    json_t *answer = console_ask(s, NULL, "getClientVersion", json_array());
    if (answer == NULL)
        return false;
    const char *version = json_string_value(json_object_get(answer, "FISCO-BCOS Version"));
    bool is_national = version && strstr(version, "gm");
    say(s, "ledger crypto type: %s", is_national ? "SM" : "ECDSA");
    say(s, "ssl crypto type: ECDSA\n");
    json_decref(answer);
    return true;
}

static const command rows[] = {
    {.name = "newAccount", .help = "Create account", .run = run_new,
     .parameters = {{PARAMETER_FORMAT, "accountFormat", "pem or p12. Default: pem, or accountFileFormat of conf/config.toml.", true},
                    {PARAMETER_TEXT, "password", "Of a p12 file; it is asked for when it is left out.", true}}},
    {.name = "loadAccount", .help = "Load account for the transaction signature", .run = run_load,
     .parameters = {{PARAMETER_ACCOUNT, "accountPathOrAddress", "A file, or the address of an account in the key store.", false},
                    {PARAMETER_FORMAT, "accountFormat", "pem or p12. Default: pem.", true}}},
    {.name = "listAccount", .help = "List the current saved account list", .run = run_list},
    {.name = "getCurrentAccount", .help = "Get the current account info", .run = run_current},
    {.name = "getCryptoType", .help = "Get the current crypto type", .run = run_crypto_type}};
const command_family family_accounts = FAMILY("Accounts", "账户", rows);
