#include "backend/cache/key_sample.h"

#include "backend/cache/key_names.h"

#include <algorithm>
#include <string>
#include <thread>

namespace backend {
namespace {

constexpr int kSamplePiece = 100;
constexpr std::size_t kOther = kSampledFamilies.size() - 1;

// Keys that vanished meanwhile are no part of the sample; an unreachable node ends it.
Result<void> weigh(RedisClient& client, int node, const std::vector<RedisReply>& keys, KeySample& sample,
                   Deadline deadline)
{
    RedisBatch batch(client);
    for (const auto& key : keys) {
        batch.add(node, {"MEMORY", "USAGE", key.text, "SAMPLES", "0"});
        batch.add(node, {"PTTL", key.text});
    }
    ROOKERY_TRY(batch.run(deadline));
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto& bytes = batch.reply(2 * i);
        const auto& ttl = batch.reply(2 * i + 1);
        if (bytes->type != RedisReply::Type::Integer || ttl->integer == -2) continue;
        sample.sampled.push_back({sampledFamilyOf(keys[i].text), bytes->integer, ttl->integer});
    }
    return {};
}

} // namespace

std::size_t sampledFamilyOf(std::string_view key)
{
    const auto name = parseKeyName(key);
    if (!name) return kOther;
    switch (name->family) {
    case KeyFamily::Home:
        return key.find("}:home-") == std::string_view::npos ? 0 : 1;
    case KeyFamily::Author:
        return 2;
    case KeyFamily::Public:
        return 3;
    case KeyFamily::Post:
        return 4;
    case KeyFamily::User:
        return 5;
    case KeyFamily::Counters:
        return 6;
    }
    return kOther;
}

Result<KeySample> sampleKeys(RedisClient& client, int node, int most, int perSecond, Deadline deadline)
{
    KeySample sample;
    ROOKERY_ASSIGN(const auto size, client.command(node, {"DBSIZE"}, deadline));
    sample.keys = size.integer;
    const auto begun = Deadline::Clock::now();
    const auto piece = std::to_string(std::min(most, kSamplePiece));
    std::string cursor = "0";
    std::int64_t seen = 0;
    do {
        ROOKERY_ASSIGN(const auto found, client.command(node, {"SCAN", cursor, "COUNT", piece}, deadline));
        if (found.elements.size() != 2)
            return fail(ErrorCode::Internal, client.nodeName(node) + " answered SCAN with something else");
        cursor = found.elements[0].text;
        const auto& keys = found.elements[1].elements;
        seen += std::int64_t(keys.size());
        if (!keys.empty()) ROOKERY_TRY(weigh(client, node, keys, sample, deadline));
        const auto due = begun + std::chrono::microseconds(seen * 1'000'000 / std::max(perSecond, 1));
        if (cursor != "0" && seen < most) std::this_thread::sleep_until(std::min(due, deadline.at()));
    } while (cursor != "0" && seen < most);
    return sample;
}

} // namespace backend
