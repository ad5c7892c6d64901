#include "backend/cache/timeline_sweep.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace backend {
namespace {

constexpr int kScanPiece = 200;
constexpr std::int64_t kWeighOneIn = 32;

// Keys that vanished, or are of another program's making, are no reason to stop.
bool endsTheStep(const Error& error)
{
    return error.code != ErrorCode::Internal && error.code != ErrorCode::Unauthorized;
}

} // namespace

TimelineSweep::TimelineSweep(int node, int shardCount)
    : m_node(node), m_counts(std::size_t(shardCount)), m_validFloors(std::size_t(shardCount))
{
}

TimelineSweep::Kind TimelineSweep::kindOf(std::string_view key, int& shard)
{
    if (!key.starts_with('{')) return Foreign;
    int tag = 0;
    const auto [end, error] = std::from_chars(key.data() + 1, key.data() + key.size(), tag);
    const auto rest = key.substr(std::size_t(end - key.data()));
    if (error != std::errc() || !rest.starts_with("}:")) return Foreign;
    shard = tag;
    auto name = rest.substr(2);
    name = name.substr(0, name.find(':'));
    if (name == "home") return HomeEntries;
    if (name == "author" || name == "public") return OtherEntries;
    if (name == "home-floor") return HomeFloor;
    if (name.ends_with("-floor") || name.ends_with("-build")) return OtherTimelineKey;
    if (name == "post") return PostObject;
    if (name == "user") return UserObject;
    if (name == "counters") return CountersObject;
    return Foreign;
}

Result<bool> TimelineSweep::step(RedisClient& client, int budgetKeys, Deadline deadline)
{
    ROOKERY_ASSIGN(auto runId, client.runId(m_node, deadline));
    if (m_cursor == "0" || runId != m_runId) beginPass(std::move(runId));
    for (int left = std::max(budgetKeys, 1); left > 0;) {
        const auto piece = std::to_string(std::min(left, kScanPiece));
        ROOKERY_ASSIGN(const auto found, client.command(m_node, {"SCAN", m_cursor, "COUNT", piece}, deadline));
        if (found.elements.size() != 2)
            return fail(ErrorCode::Internal, client.nodeName(m_node) + " answered SCAN with something else");
        const auto& keys = found.elements[1].elements;
        ROOKERY_TRY(visitAll(client, keys, deadline));
        m_cursor = found.elements[0].text;
        if (m_cursor == "0") {
            finishPass();
            return true;
        }
        left -= std::max(int(keys.size()), kScanPiece / 10); // empty pieces cost a round trip too
    }
    return false;
}

void TimelineSweep::beginPass(std::string runId)
{
    m_cursor = "0";
    m_runId = std::move(runId);
    std::fill(m_counts.begin(), m_counts.end(), std::array<Count, Kinds>{});
    std::fill(m_validFloors.begin(), m_validFloors.end(), 0);
    m_samples = {};
    m_seen = {};
}

Result<void> TimelineSweep::visitAll(RedisClient& client, const std::vector<RedisReply>& keys, Deadline deadline)
{
    RedisBatch batch(client);
    std::vector<Visit> visits;
    visits.reserve(keys.size());
    auto seen = m_seen;
    for (const auto& key : keys) {
        int shard = -1; // stays so for keys that are not ours
        const auto kind = kindOf(key.text, shard);
        if (shard < 0 || std::size_t(shard) >= m_counts.size()) continue;
        Visit visit{key.text, shard, kind};
        if (holdsEntries(kind)) visit.measured = batch.add(m_node, {"ZCARD", key.text});
        else if (kind == HomeFloor) visit.measured = batch.add(m_node, {"GET", key.text});
        visit.isWeighed = seen[kind]++ % kWeighOneIn == 0;
        if (visit.isWeighed) visit.weighed = batch.add(m_node, {"MEMORY", "USAGE", key.text});
        visits.push_back(visit);
    }
    std::ignore = batch.run(deadline); // judged reply by reply
    for (std::size_t i = 0; i < batch.size(); ++i)
        if (!batch.reply(i) && endsTheStep(batch.reply(i).error())) return fail(batch.reply(i).error());
    m_seen = seen;
    for (const auto& visit : visits) count(visit, batch);
    return {};
}

void TimelineSweep::count(const Visit& visit, const RedisBatch& batch)
{
    auto& counted = m_counts[std::size_t(visit.shard)][visit.kind];
    ++counted.keys;
    std::int64_t entries = 0;
    if (holdsEntries(visit.kind) && batch.reply(visit.measured)) entries = batch.reply(visit.measured)->integer;
    counted.entries += entries;
    if (visit.kind == HomeFloor && batch.reply(visit.measured)) {
        const auto& value = batch.reply(visit.measured)->text; // "<id> <run_id>" or "void"
        if (value.size() > m_runId.size() && value.ends_with(" " + m_runId)) ++m_validFloors[std::size_t(visit.shard)];
    }
    if (!visit.isWeighed) return;
    const auto& weight = batch.reply(visit.weighed);
    if (!weight || weight->type != RedisReply::Type::Integer) return;
    auto& sample = m_samples[visit.kind];
    ++sample.keys;
    sample.entries += entries;
    sample.bytes += weight->integer;
}

void TimelineSweep::finishPass()
{
    m_finished.assign(m_counts.size(), {});
    for (std::size_t shard = 0; shard < m_counts.size(); ++shard) {
        auto& out = m_finished[shard];
        double bytes = 0;
        for (std::size_t kind = 0; kind < Kinds; ++kind) {
            const auto& counted = m_counts[shard][kind];
            const auto& sample = m_samples[kind];
            out.keys += counted.keys;
            // Sorted sets weigh by their entries, everything else by the key.
            if (sample.entries > 0) bytes += double(counted.entries) * double(sample.bytes) / double(sample.entries);
            else if (sample.keys > 0) bytes += double(counted.keys) * double(sample.bytes) / double(sample.keys);
        }
        out.timelines = m_validFloors[shard];
        out.entries = m_counts[shard][HomeEntries].entries;
        out.bytes = std::llround(bytes);
    }
}

} // namespace backend
