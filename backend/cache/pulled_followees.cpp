#include "backend/cache/pulled_followees.h"

#include <charconv>

namespace backend {
namespace {

constexpr std::string_view kChanged = "changed";
constexpr std::string_view kChangedLifeMs = "6000"; // longer than a fill may take
constexpr std::string_view kLifeSeconds = "86400";

std::string pulledKey(UserId reader)
{
    return "{" + std::to_string(reader.shard()) + "}:home-pulled:" + std::to_string(reader.value);
}

const RedisScript& fillScript()
{
    static const RedisScript script(R"(
if redis.call('GET', KEYS[1]) ~= 'changed' then redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2]) end
return 0
)");
    return script;
}

} // namespace

int PulledFollowees::nodeOf(UserId reader) const
{
    const auto map = m_maps.current();
    const auto shard = std::size_t(reader.shard());
    return shard < map->timelinesNode.size() ? map->timelinesNode[shard] : -1;
}

Result<std::optional<std::vector<UserId>>>
PulledFollowees::read(RedisClient& client, UserId reader, std::int64_t version, Deadline deadline) const
{
    ROOKERY_ASSIGN(const auto reply, client.command(nodeOf(reader), {"GET", pulledKey(reader)}, deadline));
    std::vector<std::int64_t> numbers;
    const char* at = reply.text.data();
    const char* const end = at + reply.text.size();
    while (at != end) {
        std::int64_t number = 0;
        const auto parsed = std::from_chars(at, end, number);
        if (parsed.ec != std::errc{}) return std::nullopt;
        numbers.push_back(number);
        at = parsed.ptr == end ? end : parsed.ptr + 1;
    }
    if (numbers.empty() || numbers.front() != version) return std::nullopt;
    std::vector<UserId> authors;
    for (std::size_t i = 1; i < numbers.size(); ++i)
        authors.push_back(UserId{numbers[i]});
    return authors;
}

void PulledFollowees::fill(RedisBatch& batch, UserId reader, std::int64_t version,
                           const std::vector<UserId>& authors) const
{
    std::string value = std::to_string(version);
    for (const auto author : authors)
        value += " " + std::to_string(author.value);
    batch.addScript(nodeOf(reader), fillScript(), {pulledKey(reader)}, {value, std::string(kLifeSeconds)});
}

void PulledFollowees::drop(RedisBatch& batch, UserId reader) const
{
    batch.add(nodeOf(reader), {"UNLINK", pulledKey(reader)});
}

void PulledFollowees::changed(RedisBatch& batch, UserId reader) const
{
    batch.add(nodeOf(reader),
              {"SET", pulledKey(reader), std::string(kChanged), "PX", std::string(kChangedLifeMs)});
}

} // namespace backend
