#include "sim/scale.h"

enum { STEP_MS = 50, LIMIT_MS = 120000 };

static bool wait_for(simulation *s, int64_t height)
{
    for (uint64_t waited = 0; waited < LIMIT_MS && !sim_failure(s); waited += STEP_MS) {
        bool is_there = true;
        for (size_t i = 0; i < sim_node_count(s); i++)
            is_there &= sim_height(s, i) >= height;
        if (is_there)
            return true;
        sim_run(s, STEP_MS);
    }
    return false;
}

static bool make_block(simulation *s)
{
    int64_t height = sim_highest(s);
    for (size_t i = 0; i < SCALE_TRANSACTIONS; i++)
        sim_submit(s, i % sim_node_count(s));
    return wait_for(s, height + 1);
}

bool scale_measure(size_t nodes, uint64_t seed, scale_result *out, error_text *why)
{
    simulation *s = sim_new(&(sim_options){.seed = seed, .nodes = nodes});
    sim_run(s, 1000); /* sessions */
    bool ok = make_block(s);
    sim_counts before = sim_count(s);
    uint64_t start = sim_now_ms(s);
    int64_t first = sim_highest(s);
    for (int i = 0; ok && i < SCALE_BLOCKS; i++)
        ok = make_block(s);
    sim_counts after = sim_count(s);
    double blocks = (double)(sim_highest(s) - first);
    if (!ok)
        error_set(why, "%zu nodes: %s", nodes, sim_failure(s) ? sim_failure(s) : "no block in two minutes");
    else
        *out = (scale_result){
            .nodes = nodes,
            .consensus_frames = (double)(after.consensus_frames - before.consensus_frames) / blocks,
            .consensus_bytes = (double)(after.consensus_bytes - before.consensus_bytes) / blocks,
            .other_frames =
                (double)(after.frames - before.frames - after.consensus_frames + before.consensus_frames) / blocks,
            .other_bytes =
                (double)(after.frame_bytes - before.frame_bytes - after.consensus_bytes + before.consensus_bytes) /
                blocks,
            .block_ms = (double)(sim_now_ms(s) - start) / blocks,
            .blocks = sim_highest(s)};
    sim_free(s);
    return ok;
}
