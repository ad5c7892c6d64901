#include "backend/cache/memory_sample.h"

#include "backend/cache/redis_info.h"
#include "backend/cache/timeline_keys.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

namespace backend {
namespace {

constexpr std::string_view kScanPiece = "1000";
constexpr std::size_t kReadersAtOnce = 100;

std::uint64_t mixed(std::uint64_t value) // splitmix64's finisher: neighbouring ids land far apart
{
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31);
}

// The readers with the smallest hashes seen so far, with their keys. A reader that is among them at the end
// was among them from its first key on, since the bound only falls: so no key of it is missing.
class Picked
{
public:
    Picked(std::size_t most, std::uint64_t seed)
        : m_most(most)
        , m_seed(seed)
    {
    }

    void see(std::int64_t reader, const std::string& key)
    {
        const std::pair rank{mixed(std::uint64_t(reader) ^ m_seed), reader};
        if (m_readers.size() >= m_most && rank > m_readers.rbegin()->first) return;
        m_readers[rank].insert(key);
        if (m_readers.size() > m_most) m_readers.erase(std::prev(m_readers.end()));
    }

    const auto& readers() const { return m_readers; }

private:
    const std::size_t m_most;
    const std::uint64_t m_seed;
    std::map<std::pair<std::uint64_t, std::int64_t>, std::set<std::string>> m_readers;
};

struct Weighing
{
    std::size_t reader = 0;
    HomeKey kind;
    std::size_t bytes = 0, content = 0; // replies
};

bool isText(const Result<RedisReply>& reply)
{
    return reply && reply->type == RedisReply::Type::Text;
}

// Keys that vanished meanwhile, or are no sorted sets, weigh what they weigh; an unreachable node ends it.
Result<void> answered(RedisBatch& batch, Deadline deadline)
{
    if (batch.run(deadline)) return {};
    for (std::size_t i = 0; i < batch.size(); ++i)
        if (const auto& reply = batch.reply(i); !reply && reply.error().code != ErrorCode::Internal)
            return fail(reply.error());
    return {};
}

Result<void> weigh(RedisClient& client, int node, const Picked& picked, const std::string& runId,
                   MemorySample& sample, Deadline deadline)
{
    RedisBatch batch(client);
    std::vector<Weighing> weighings;
    const auto finish = [&]() -> Result<void> {
        ROOKERY_TRY(answered(batch, deadline));
        for (const auto& one : weighings) {
            auto& timeline = sample.weighed[one.reader];
            if (const auto& bytes = batch.reply(one.bytes);
                bytes && bytes->type == RedisReply::Type::Integer) {
                timeline.bytes += bytes->integer;
                ++timeline.keys;
            }
            const auto& content = batch.reply(one.content);
            if (one.kind.floor && isText(content)) {
                timeline.hasFloor = true;
                timeline.valid = hasStampOf(content->text, runId);
            } else if (!one.kind.floor && content && content->type == RedisReply::Type::Integer) {
                timeline.entries += content->integer;
            }
        }
        batch.clear();
        weighings.clear();
        return {};
    };
    for (const auto& [rank, keys] : picked.readers()) {
        sample.weighed.push_back({rank.second});
        for (const auto& key : keys) {
            Weighing one{sample.weighed.size() - 1, homeKeyOf(key)};
            one.bytes = batch.add(node, {"MEMORY", "USAGE", key, "SAMPLES", "0"});
            one.content = one.kind.floor ? batch.add(node, {"GET", key}) : batch.add(node, {"ZCARD", key});
            weighings.push_back(one);
        }
        if (weighings.size() >= kReadersAtOnce) ROOKERY_TRY(finish());
    }
    return finish();
}

} // namespace

// "{17}:home:<user>", with ":<segment>" behind it or not; "{17}:home-floor:<user>" and others with a word of
// that kind.
HomeKey homeKeyOf(std::string_view key)
{
    const auto name = key.find("}:home");
    if (!key.starts_with('{') || name == std::string_view::npos) return {};
    auto rest = key.substr(name + 6);
    HomeKey out;
    const auto colon = rest.find(':');
    if (colon == std::string_view::npos || (colon > 0 && rest.front() != '-')) return {};
    out.floor = rest.substr(0, colon) == "-floor";
    rest.remove_prefix(colon + 1);
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), out.reader);
    if (error != std::errc() || out.reader <= 0 || (end != rest.data() + rest.size() && *end != ':'))
        return {};
    return out;
}

Result<MemorySample> sampleTimelineMemory(RedisClient& client, int node, int readers, std::uint64_t seed,
                                          Deadline deadline)
{
    MemorySample sample;
    ROOKERY_ASSIGN(const auto info, redisInfo(client, node, deadline));
    sample.usedMemoryBytes = info.usedMemoryBytes;
    sample.maxMemoryBytes = info.maxMemoryBytes;
    sample.machineMemoryBytes = info.machineMemoryBytes;
    Picked picked(std::size_t(std::max(readers, 1)), seed);
    std::string cursor = "0";
    do {
        if (deadline.expired())
            return fail(ErrorCode::DeadlineExceeded, client.nodeName(node) + " has about " +
                                                         std::to_string(info.keys) + " keys, of which " +
                                                         std::to_string(sample.keys) +
                                                         " were seen in time; give it more");
        ROOKERY_ASSIGN(const auto found,
                       client.command(node, {"SCAN", cursor, "COUNT", kScanPiece}, deadline));
        if (found.elements.size() != 2)
            return fail(ErrorCode::Internal, client.nodeName(node) + " answered SCAN with something else");
        cursor = found.elements[0].text;
        for (const auto& key : found.elements[1].elements) {
            ++sample.keys;
            const auto home = homeKeyOf(key.text);
            if (home.reader == 0) continue;
            if (home.floor) ++sample.timelines;
            picked.see(home.reader, key.text);
        }
    } while (cursor != "0");
    ROOKERY_ASSIGN(const auto runId, client.runId(node, deadline));
    ROOKERY_TRY(weigh(client, node, picked, runId, sample, deadline));
    return sample;
}

} // namespace backend
