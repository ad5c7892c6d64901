#include "app/bench/bench_sizes.h"

namespace app {

// A million timelines of 800 entries, and as many plain sets beside them, would take 200 GB. They hold so few
// here that, with what is delivered, they stay below 128 entries on both sides: neither changes its encoding
// while it is measured.
BenchSizes BenchSizes::quick()
{
    BenchSizes sizes;
    sizes.groups = {
        {10'000, 800, 800, 80, {{10, 100, 20}, {1'000, 10, 20}, {10'000, 1, 60}}, {}},
        {1'000'000,
         16,
         16,
         0,
         {{10'000, 1, 3}, {100'000, 1, 1}, {1'000'000, 1, 1}},
         "delivery_cost_1m_vs_10k"},
    };
    return sizes;
}

// As many of 800 entries in 100,000 timelines as fit: beside as many plain sets they would take 20 GB. From
// 129 on a plain sorted set is a skip list, as at 800.
BenchSizes BenchSizes::full()
{
    auto sizes = quick();
    sizes.rounds = 9;
    sizes.groups[1].entries = sizes.groups[1].fewestEntries = 48;
    sizes.groups.insert(
        sizes.groups.begin() + 1,
        {100'000, 800, 140, 0, {{10'000, 1, 30}, {100'000, 1, 6}}, "delivery_cost_100k_vs_10k"});
    sizes.deletedPosts = 100'000;
    sizes.deletionSamples = 1'000;
    sizes.diskGiB = 10;
    return sizes;
}

} // namespace app
