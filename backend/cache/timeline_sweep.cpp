#include "backend/cache/timeline_sweep.h"

#include "backend/cache/timeline_keys.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>

namespace backend {
namespace {

constexpr int kSweepPiece = 200;
constexpr std::int64_t kWeighAtLeast = 4, kWeighOneIn = 32;

// Keys that vanished, or are of another program's making, are no reason to stop.
bool endsTheStep(const Error& error)
{
    return error.code != ErrorCode::Internal && error.code != ErrorCode::Unauthorized;
}

Result<void> stepAnswered(RedisBatch& batch, Deadline deadline)
{
    if (batch.run(deadline)) return {};
    for (std::size_t i = 0; i < batch.size(); ++i)
        if (!batch.reply(i) && endsTheStep(batch.reply(i).error())) return fail(batch.reply(i).error());
    return {};
}

} // namespace

TimelineSweep::TimelineSweep(int node, int shardCount)
    : m_node(node)
    , m_shardCount(std::size_t(shardCount))
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
    if (name.ends_with("-floor") || name.ends_with("-build") || name.ends_with("-segments"))
        return OtherTimelineKey;
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
        const auto piece = std::to_string(std::min(left, kSweepPiece));
        ROOKERY_ASSIGN(const auto found,
                       client.command(m_node, {"SCAN", m_cursor, "COUNT", piece}, deadline));
        if (found.elements.size() != 2)
            return fail(ErrorCode::Internal, client.nodeName(m_node) + " answered SCAN with something else");
        const auto& keys = found.elements[1].elements;
        ROOKERY_TRY(visitAll(client, keys, deadline));
        m_cursor = found.elements[0].text;
        if (m_cursor == "0") {
            finishPass();
            return true;
        }
        left -= std::max(int(keys.size()), kSweepPiece / 10); // empty pieces cost a round trip too
    }
    return false;
}

void TimelineSweep::beginPass(std::string runId)
{
    m_cursor = "0";
    m_runId = std::move(runId);
    m_counts.clear();
    m_samples = {};
}

std::size_t TimelineSweep::Visit::cell() const
{
    const auto size = std::size_t(std::bit_width(std::uint64_t(std::max<std::int64_t>(entries, 0))));
    return std::size_t(kind) * kSizes + std::min(size, kSizes - 1);
}

// Counts only when everything was answered, so that a step can be done again.
Result<void> TimelineSweep::visitAll(RedisClient& client, const std::vector<RedisReply>& keys,
                                     Deadline deadline)
{
    ROOKERY_ASSIGN(auto visits, measured(client, keys, deadline));
    ROOKERY_TRY(weigh(client, visits, deadline));
    for (const auto& visit : visits) {
        auto& shard = m_counts[visit.shard];
        auto& counted = shard.cells[visit.cell()];
        ++counted.keys;
        counted.entries += visit.entries;
        if (visit.validFloor) ++shard.validFloors;
        auto& sample = m_samples[visit.cell()];
        ++sample.seen;
        if (visit.bytes < 0) continue;
        ++sample.keys;
        sample.entries += visit.entries;
        sample.bytes += visit.bytes;
    }
    return {};
}

Result<std::vector<TimelineSweep::Visit>>
TimelineSweep::measured(RedisClient& client, const std::vector<RedisReply>& keys, Deadline deadline) const
{
    RedisBatch batch(client);
    std::vector<Visit> visits;
    for (const auto& key : keys) {
        Visit visit;
        visit.key = key.text;
        visit.kind = kindOf(key.text, visit.shard);
        if (visit.shard < 0 || std::size_t(visit.shard) >= m_shardCount) continue;
        if (holdsEntries(visit.kind))
            visit.reply = batch.add(m_node, {"ZCARD", key.text});
        else if (visit.kind == HomeFloor)
            visit.reply = batch.add(m_node, {"GET", key.text});
        visits.push_back(visit);
    }
    ROOKERY_TRY(stepAnswered(batch, deadline));
    for (auto& visit : visits) {
        if (holdsEntries(visit.kind)) {
            if (const auto& reply = batch.reply(visit.reply)) visit.entries = reply->integer;
        } else if (visit.kind == HomeFloor) { // see Timelines
            if (const auto& reply = batch.reply(visit.reply))
                visit.validFloor = hasStampOf(reply->text, m_runId);
        }
    }
    return visits;
}

Result<void> TimelineSweep::weigh(RedisClient& client, std::vector<Visit>& visits, Deadline deadline) const
{
    RedisBatch batch(client);
    std::vector<Visit*> weighed;
    std::array<std::int64_t, kCells> seen{};
    for (std::size_t cell = 0; cell < kCells; ++cell)
        seen[cell] = m_samples[cell].seen;
    for (auto& visit : visits) {
        const auto place = seen[visit.cell()]++;
        if (place >= kWeighAtLeast && place % kWeighOneIn != 0) continue;
        batch.add(m_node, {"MEMORY", "USAGE", visit.key});
        weighed.push_back(&visit);
    }
    ROOKERY_TRY(stepAnswered(batch, deadline));
    for (std::size_t i = 0; i < weighed.size(); ++i)
        if (const auto& reply = batch.reply(i); reply && reply->type == RedisReply::Type::Integer)
            weighed[i]->bytes = reply->integer;
    return {};
}

void TimelineSweep::finishPass()
{
    m_finished.assign(m_shardCount, {});
    for (const auto& [shard, counts] : m_counts) {
        auto& out = m_finished[std::size_t(shard)];
        double bytes = 0;
        for (std::size_t cell = 0; cell < kCells; ++cell) {
            const auto& counted = counts.cells[cell];
            const auto& sample = m_samples[cell];
            out.keys += counted.keys;
            if (cell / kSizes == HomeEntries) out.entries += counted.entries;
            // Sorted sets weigh by their entries, everything else by the key.
            if (sample.entries > 0)
                bytes += double(counted.entries) * double(sample.bytes) / double(sample.entries);
            else if (sample.keys > 0)
                bytes += double(counted.keys) * double(sample.bytes) / double(sample.keys);
        }
        out.timelines = counts.validFloors;
        out.bytes = std::llround(bytes);
    }
}

} // namespace backend
