#include "app/bench/plain_sets.h"

using namespace backend;

namespace app {
namespace {

constexpr std::size_t kEntriesAtOnce = 1'000;
constexpr std::int64_t kFirstMs = 1'700'000'000'000; // Unix; any moment does

} // namespace

Result<PlainSets> PlainSets::make(BenchRun& run, std::span<const UserId> readers, int entries)
{
    PlainSets sets;
    sets.m_entries = entries;
    sets.m_lastMs = kFirstMs;
    for (const auto reader : readers)
        sets.m_keys.push_back(
            {run.timelinesNode(reader.shard()),
             "{" + std::to_string(reader.shard()) + "}:plain:" + std::to_string(reader.value)});
    ROOKERY_TRY(run.bare().addToAll(sets.m_keys, sets.nextEntries(entries), run.stop()));
    return sets;
}

std::vector<PlainEntry> PlainSets::nextEntries(int count)
{
    std::vector<PlainEntry> entries;
    for (int i = 0; i < count; ++i, ++m_lastMs)
        entries.push_back(
            {std::to_string(m_lastMs), memberOf(PostId{makeRawId(m_lastMs - kIdEpochUnixMs, 0, 0)})});
    return entries;
}

Result<void> PlainSets::forFirst(BenchRun& run, std::size_t count,
                                 const std::function<void(RedisBatch&, const PlainKey&)>& add) const
{
    RedisBatch batch(run.redis());
    for (std::size_t i = 0; i < count; ++i) {
        add(batch, m_keys[i]);
        if (batch.size() < kEntriesAtOnce && i + 1 < count) continue;
        ROOKERY_TRY(run.goOn());
        ROOKERY_TRY(batch.run(bulkDeadline()));
        batch.clear();
    }
    return {};
}

Result<void> PlainSets::trim(BenchRun& run, std::size_t count) const
{
    const auto last = std::to_string(-m_entries - 1);
    return forFirst(run, count, [&](RedisBatch& batch, const PlainKey& set) {
        batch.add(set.node, {"ZREMRANGEBYRANK", set.key, "0", last});
    });
}

Result<void> PlainSets::drop(BenchRun& run)
{
    ROOKERY_TRY(forFirst(run, m_keys.size(), [](RedisBatch& batch, const PlainKey& set) {
        batch.add(set.node, {"UNLINK", set.key});
    }));
    m_keys.clear();
    return {};
}

} // namespace app
