/* Conversations of a whole group as text: conversation_*.txt holds commands and, behind ----, what the nodes do. Each
   file is played again and compared. HANSE_REWRITE=1 writes what happens now into the files, to be read before it is
   committed.

   Commands, one a line:
     new nodes=4 [no_hashes] [no_ttl_optimization] [ttl=N] [min=MS] [limit=N] [national]
     submit to=0,2            one transaction into the pools of these nodes
     gossip to=3              the last transaction, into other pools
     run MS                   virtual time passes; frames and jobs take none unless something is slow
     cut A B / heal A B       the link between two nodes
     crash N / restart N      the disk keeps the chain and the prepared block
     lose|hold [from=A] [to=B] [kind=prepare|sign|commit|viewchange] [type=N]   frames vanish; wait for release
     release                  what was held arrives; rules of lose and hold end
     slow node=N job=execute|persist|commit ms=MS
     fail node=N job=...      the next such job fails
     status                   one line for each node
     trace all|some           with deadlines, sealing notes and dropped messages, or without */
#include "support/consensus/world.h"

#include <glob.h>

enum { COMMAND_WORDS_MAX = 12 };

typedef struct {
    char *words[COMMAND_WORDS_MAX];
    size_t count;
} command;

static const char *value_of(const command *c, const char *key)
{
    size_t length = strlen(key);
    for (size_t i = 1; i < c->count; i++)
        if (strncmp(c->words[i], key, length) == 0 && c->words[i][length] == '=')
            return c->words[i] + length + 1;
    return NULL;
}

static bool has_word(const command *c, const char *word)
{
    for (size_t i = 1; i < c->count; i++)
        if (strcmp(c->words[i], word) == 0)
            return true;
    return false;
}

static uint64_t number_of(const command *c, const char *key, uint64_t otherwise)
{
    const char *value = value_of(c, key);
    return value ? strtoull(value, NULL, 10) : otherwise;
}

static uint64_t argument(const command *c, size_t index)
{
    assert_true(index < c->count);
    return strtoull(c->words[index], NULL, 10);
}

static int index_of(const char *value, const char *const *names, size_t count)
{
    if (value == NULL)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (strcmp(value, names[i]) == 0)
            return (int)i;
    fail_msg("unknown name %s", value);
    return -1;
}

static world_match match_of(const command *c)
{
    static const char *const kinds[] = {"prepare", "sign", "commit", "viewchange"};
    return (world_match){.from = (int)number_of(c, "from", (uint64_t)-1),
                         .to = (int)number_of(c, "to", (uint64_t)-1),
                         .kind = index_of(value_of(c, "kind"), kinds, COUNT(kinds)),
                         .frame_type = (int)number_of(c, "type", (uint64_t)-1)};
}

static world_job job_of(const command *c)
{
    static const char *const jobs[] = {"execute", "persist", "commit"};
    return (world_job)index_of(value_of(c, "job"), jobs, COUNT(jobs));
}

static void print_status(world *w)
{
    static const char *const states[] = {"none", "empty", "refused", "waiting", "executing", "executed"};
    for (size_t i = 0; i < w->options.nodes; i++) {
        const pbft *p = w->nodes[i].machine;
        if (p == NULL) {
            world_print(w, "%zu down", i);
            continue;
        }
        bool is_locked = p->committed.proposal && p->committed.request.height == p->next_height;
        bool has_raw = p->raw.proposal && p->raw.request.height == p->next_height;
        world_print(w, "%zu height=%lld view=%llu toView=%llu%s block=%s%s%s", i, (long long)p->tip.number,
                    (unsigned long long)p->view, (unsigned long long)p->to_view,
                    p->leader_failed ? " leaderFailed" : "", has_raw ? states[p->raw_state] : "none",
                    p->prepared.has_quorum ? " quorum" : "", is_locked ? " locked" : "");
    }
}

static world *new_world(const command *c, buffer *out)
{
    world *w = world_new(&(world_options){.nodes = number_of(c, "nodes", 4),
                                          .suite = has_word(c, "national") ? &world_suite : &crypto_standard,
                                          .seed = 1,
                                          .no_hashes = has_word(c, "no_hashes"),
                                          .no_ttl_optimization = has_word(c, "no_ttl_optimization"),
                                          .ttl = (unsigned)number_of(c, "ttl", 2),
                                          .min_block_interval_ms = number_of(c, "min", 500),
                                          .tx_count_limit = number_of(c, "limit", 1000)});
    w->trace = out;
    return w;
}

static unsigned mask_of(const char *list)
{
    unsigned mask = 0;
    for (const char *s = list; s && *s; s++)
        if (*s >= '0' && *s <= '9')
            mask |= 1u << (*s - '0');
    return mask;
}

static void run_link_command(world *w, const command *c)
{
    const char *name = c->words[0];
    if (strcmp(name, "cut") == 0 || strcmp(name, "heal") == 0)
        world_cut(w, argument(c, 1), argument(c, 2), name[0] == 'c');
    else if (strcmp(name, "lose") == 0)
        w->lose[w->lose_count++] = match_of(c);
    else if (strcmp(name, "hold") == 0)
        w->hold[w->hold_count++] = match_of(c);
    else if (strcmp(name, "release") == 0)
        world_release(w);
    else
        fail_msg("unknown command %s", name);
}

static void run_command(world **w, const command *c, buffer *out)
{
    const char *name = c->words[0];
    if (strcmp(name, "new") == 0) {
        if (*w)
            world_free(*w);
        *w = new_world(c, out);
    } else if (strcmp(name, "submit") == 0)
        world_submit(*w, mask_of(value_of(c, "to")));
    else if (strcmp(name, "gossip") == 0)
        world_gossip(*w, mask_of(value_of(c, "to")));
    else if (strcmp(name, "run") == 0)
        world_run(*w, argument(c, 1));
    else if (strcmp(name, "crash") == 0)
        world_crash(*w, argument(c, 1));
    else if (strcmp(name, "restart") == 0)
        world_restart(*w, argument(c, 1));
    else if (strcmp(name, "slow") == 0)
        (*w)->nodes[number_of(c, "node", 0)].job_extra_ms[job_of(c)] = number_of(c, "ms", 0);
    else if (strcmp(name, "fail") == 0)
        (*w)->nodes[number_of(c, "node", 0)].fail_next[job_of(c)]++;
    else if (strcmp(name, "status") == 0)
        print_status(*w);
    else if (strcmp(name, "sync") == 0)
        (*w)->options.sync = true;
    else if (strcmp(name, "trace") == 0)
        (*w)->trace_all = has_word(c, "all");
    else
        run_link_command(*w, c);
}

static void run_line(world **w, const char *line, buffer *out)
{
    char copy[512];
    command c = {0};
    if (line[0] == '#')
        return;
    assert_true(strlen(line) < sizeof copy);
    strcpy(copy, line);
    for (char *save, *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        assert_true(c.count < COMMAND_WORDS_MAX);
        c.words[c.count++] = word;
    }
    if (c.count)
        run_command(w, &c, out);
}

/* Plays the commands of `script` and writes it anew with what happens. */
static void play(const char *script, buffer *out)
{
    world *w = NULL;
    buffer happened = buffer_init(BUFFER_NO_LIMIT);
    bool is_expected = false;
    char *copy = strdup(script);
    for (char *rest = copy, *line; (line = strsep(&rest, "\n"));) {
        if (is_expected) {
            is_expected = line[0] != '\0';
            if (is_expected)
                continue;
        } else if (strcmp(line, "----") == 0) {
            is_expected = true;
            buffer_print(out, "----\n");
            buffer_append(out, buffer_bytes(&happened));
            buffer_clear(&happened);
            continue;
        }
        run_line(&w, line, &happened);
        if (rest)
            buffer_print(out, "%s\n", line);
    }
    free(copy);
    buffer_free(&happened);
    if (w)
        world_free(w);
}

static void compare(const char *path, const char *expected, const char *happened)
{
    size_t line = 1, start = 0, i = 0;
    for (; expected[i] && expected[i] == happened[i]; i++)
        if (expected[i] == '\n') {
            line++;
            start = i + 1;
        }
    if (expected[i] == happened[i])
        return;
    fail_msg("%s:%zu:\n  expected: %.*s\n  happened: %.*s", path, line, (int)strcspn(expected + start, "\n"),
             expected + start, (int)strcspn(happened + start, "\n"), happened + start);
}

static void play_file(const char *path)
{
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    static char script[1 << 20];
    size_t size = fread(script, 1, sizeof script - 1, f);
    script[size] = '\0';
    fclose(f);
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    play(script, &out);
    buffer_append_byte(&out, 0);
    if (getenv("HANSE_REWRITE")) {
        f = fopen(path, "w");
        assert_non_null(f);
        fputs((const char *)out.data, f);
        fclose(f);
    } else {
        compare(path, script, (const char *)out.data);
    }
    buffer_free(&out);
}

static void conversations_go_as_written(void **state)
{
    (void)state;
    glob_t files;
    assert_int_equal(glob(HANSE_SOURCE_DIR "/tests/unit/consensus/conversation_*.txt", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++)
        play_file(files.gl_pathv[i]);
    globfree(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(conversations_go_as_written)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
