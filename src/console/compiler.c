#include "console/compiler.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Reads the file and what it imports (from its folder and the one above), prints {"contracts":{NAME:{"abi":[],"bin":""}}}. */
static const char node_script[] =
    "const [pack, file] = process.argv.slice(1); const fs = require('fs'), path = require('path'), solc = require(pack);"
    "const dir = path.dirname(file), name = path.basename(file);"
    "const read = (p) => { for (const d of [dir, path.join(dir, '..')]) {"
    " try { return { contents: fs.readFileSync(path.join(d, p), 'utf8') }; } catch (e) { } } return { error: 'not found' }; };"
    "const input = { language: 'Solidity', sources: { [name]: { content: fs.readFileSync(file, 'utf8') } },"
    " settings: { outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } } } };"
    "const [, major, minor, patch] = /^(\\d+)\\.(\\d+)\\.(\\d+)/.exec(solc.semver()) || [0, 0, 0, 0];"
    "const version = major * 1e6 + minor * 1e3 + patch * 1; if (version >= 5014) input.settings.evmVersion = 'istanbul';"
    "const text = JSON.stringify(input); const compile = solc.compileStandardWrapper || solc.compile;"
    "const out = JSON.parse(version >= 6000 ? solc.compile(text, { import: read }) : compile(text, read)); let failed = false;"
    "for (const e of out.errors || []) { if (e.severity === 'error') { failed = true; console.error(e.formattedMessage); } }"
    "if (failed) process.exit(1); const contracts = {};"
    "for (const [f, list] of Object.entries(out.contracts || {})) for (const [n, c] of Object.entries(list))"
    " if (f === name || !contracts[n]) contracts[n] = { abi: c.abi, bin: c.evm.bytecode.object };"
    "process.stdout.write(JSON.stringify({ contracts }));";

/* ---- where it is ---- */

static const char *find_program(session *s, const char *name)
{
    const char *path = getenv("PATH");
    for (const char *p = path ? path : ""; *p;) {
        size_t size = strcspn(p, ":");
        const char *candidate = arena_print(&s->memory, "%.*s/%s", (int)size, p, name);
        if (size && access(candidate, X_OK) == 0)
            return candidate;
        p += size + (p[size] == ':');
    }
    return NULL;
}

static const char *real_path(session *s, const char *path)
{
    char *real = realpath(path, NULL);
    const char *copy = real ? arena_copy_text(&s->memory, bytes_of_text(real)) : NULL;
    free(real);
    return copy;
}

/* The folder of npm's package; NULL: it is not there, or node is not. */
static const char *find_npm_package(session *s)
{
    const char *candidates[] = {arena_print(&s->memory, "%s/node_modules/solc", s->options->contracts), "node_modules/solc"};
    if (find_program(s, "node") == NULL)
        return NULL;
    for (size_t i = 0; i < COUNT(candidates); i++)
        if (access(candidates[i], R_OK) == 0)
            return real_path(s, candidates[i]);
    const char *solcjs = find_program(s, "solcjs"), *file = solcjs ? real_path(s, solcjs) : NULL,
        *slash = file ? strrchr(file, '/') : NULL;
    return slash ? arena_copy_text(&s->memory, bytes_of(file, (size_t)(slash - file))) : NULL;
}

bool compiler_is_there(session *s)
{
    return find_program(s, "solc") || find_npm_package(s);
}

/* ---- running it ---- */

/* Everything there is to read, at most COMPILER_OUTPUT_MAX_BYTES. */
static char *read_all(session *s, int fd)
{
    buffer text = buffer_init(COMPILER_OUTPUT_MAX_BYTES);
    char part[65536];
    for (ssize_t size; (size = read(fd, part, sizeof part)) != 0;) {
        if (size < 0 && errno != EINTR)
            break;
        if (size > 0)
            buffer_append(&text, bytes_of(part, (size_t)size));
    }
    char *copy = text.overflowed ? NULL : arena_copy_text(&s->memory, buffer_bytes(&text));
    buffer_free(&text);
    return copy;
}

/* Runs argv; what it prints on standard output and standard error. false: it could not be run, or its status was not 0. */
static bool run_program(session *s, const char *const *argv, const char **out, const char **complaints)
{
    extern char **environ;
    int pipe_fds[2];
    *out = *complaints = "";
    FILE *errors = tmpfile();
    if (errors == NULL || pipe2(pipe_fds, O_CLOEXEC) != 0) {
        *complaints = strerror(errno);
        if (errors)
            fclose(errors);
        return false;
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], 1);
    posix_spawn_file_actions_adddup2(&actions, fileno(errors), 2);
    pid_t pid;
    int problem = posix_spawn(&pid, argv[0], &actions, NULL, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(pipe_fds[1]);
    int status = -1;
    if (problem == 0) {
        *out = read_all(s, pipe_fds[0]);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            continue;
    } else {
        *complaints = strerror(problem);
    }
    close(pipe_fds[0]);
    if (problem == 0) {
        lseek(fileno(errors), 0, SEEK_SET);
        *complaints = read_all(s, fileno(errors));
    }
    fclose(errors);
    return problem == 0 && *out && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool run_solc(session *s, const char *program, const char *path, const char **out, const char **complaints)
{
    const char *slash = strrchr(path, '/');
    const char *folder = slash ? arena_copy_text(&s->memory, bytes_of(path, (size_t)(slash - path))) : ".";
    const char *allowed = arena_print(&s->memory, "%s,%s/..", folder, folder);
    const char *modern[] = {program, "--evm-version", "istanbul", "--combined-json", "abi,bin", "--allow-paths", allowed, path, NULL};
    const char *old[] = {program, "--combined-json", "abi,bin", "--allow-paths", allowed, path, NULL};
    if (run_program(s, modern, out, complaints))
        return true;
    /* Compilers before 0.5.14 do not know this EVM. */
    return strstr(*complaints ? *complaints : "", "evm-version") && run_program(s, old, out, complaints);
}

/* Old compilers give the interface as text. */
static const char *abi_text(session *s, const json_t *abi)
{
    if (json_is_string(abi))
        return arena_copy_text(&s->memory, bytes_of_text(json_string_value(abi)));
    char *text = json_is_array(abi) ? json_dumps(abi, JSON_COMPACT) : NULL;
    const char *copy = text ? arena_copy_text(&s->memory, bytes_of_text(text)) : NULL;
    free(text);
    return copy;
}

/* "path:NAME" of solc, "NAME" of the script above. */
static const json_t *find_contract(const json_t *contracts, const char *name)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)contracts, key, value) {
        const char *colon = strrchr(key, ':');
        if (strcmp(colon ? colon + 1 : key, name) == 0)
            return value;
    }
    return NULL;
}

bool compiler_run(session *s, const char *path, const char *name, const char **abi, const char **code)
{
    const char *solc = find_program(s, "solc"), *out, *complaints;
    const char *node_argv[] = {find_program(s, "node"), "-e", node_script, find_npm_package(s), path, NULL};
    if (solc ? !run_solc(s, solc, path, &out, &complaints) : !run_program(s, node_argv, &out, &complaints))
        return console_fail(s, "%s cannot be compiled:\n%s", path, complaints ? complaints : "");
    json_t *result = json_loads(out, 0, NULL);
    const json_t *contract = find_contract(json_object_get(result, "contracts"), name);
    *abi = abi_text(s, json_object_get(contract, "abi"));
    const char *bin = json_string_value(json_object_get(contract, "bin"));
    *code = bin ? arena_copy_text(&s->memory, bytes_of_text(bin)) : NULL;
    json_decref(result);
    if (*abi == NULL || *code == NULL)
        return console_fail(s, "%s holds no contract with the name %s.", path, name);
    return true;
}
