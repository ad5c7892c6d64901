#include "backend/cache/bare_pipeline.h"

#include "backend/cache/redis_address.h"
#include "backend/cache/redis_encoding.h"

#include <hiredis/hiredis.h>

#include <array>
#include <string_view>

namespace backend {
namespace {

constexpr std::size_t kPipelinesUnderWay = 2;
constexpr timeval kSilence{10, 0};

std::string textOf(const redisReply& reply)
{
    return reply.str ? std::string(reply.str, reply.len) : std::string();
}

} // namespace

// One node's connection, and its share of an addToAll().
struct BarePipeline::Lane
{
    struct ContextDeleter
    {
        void operator()(redisContext* context) const noexcept { redisFree(context); }
    };
    struct ReplyDeleter
    {
        void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
    };
    using Context = std::unique_ptr<redisContext, ContextDeleter>;
    using Reply = std::unique_ptr<redisReply, ReplyDeleter>;

    NodeEndpoint node;
    Context context;
    std::vector<std::size_t> sets;     // positions in the caller's list
    std::size_t entry = 0, set = 0;    // the next command
    std::vector<std::size_t> underWay; // commands of each pipeline sent and not yet answered, oldest first
    std::string buffer;

    Error lost() const
    {
        return {ErrorCode::Unavailable,
                node.name + " at " + node.address + " broke off the bare pipeline: " + context->errstr +
                    "; look at its log",
                true};
    }

    Result<void> send()
    {
        if (redisAppendFormattedCommand(context.get(), buffer.data(), buffer.size()) != REDIS_OK)
            return fail(lost());
        for (int done = 0; !done;)
            if (redisBufferWrite(context.get(), &done) != REDIS_OK) return fail(lost());
        return {};
    }

    Result<Reply> receive()
    {
        void* raw = nullptr;
        if (redisGetReply(context.get(), &raw) != REDIS_OK) return fail(lost());
        Reply reply(static_cast<redisReply*>(raw));
        if (reply->type == REDIS_REPLY_ERROR)
            return fail(ErrorCode::Internal, node.name + " refused a bare command: " + textOf(*reply));
        return reply;
    }

    bool sentAll(std::size_t entries) const { return sets.empty() || entry == entries; }

    Result<void> sendAdds(std::span<const PlainKey> all, std::span<const PlainEntry> entries)
    {
        buffer.clear();
        std::size_t commands = 0;
        for (; commands < kPipelineCommands && entry < entries.size(); ++commands) {
            appendRedisCommand(buffer,
                               std::array<std::string_view, 4>{"ZADD", all[sets[set]].key,
                                                               entries[entry].score, entries[entry].member});
            if (++set == sets.size()) {
                set = 0;
                ++entry;
            }
        }
        underWay.push_back(commands);
        return send();
    }

    Result<void> receiveAdds()
    {
        const auto commands = underWay.front();
        underWay.erase(underWay.begin());
        for (std::size_t i = 0; i < commands; ++i)
            ROOKERY_TRY(receive());
        return {};
    }
};

BarePipeline::BarePipeline() = default;
BarePipeline::~BarePipeline() = default;

Result<std::unique_ptr<BarePipeline>> BarePipeline::connect(const std::vector<NodeEndpoint>& redisNodes,
                                                            Deadline deadline)
{
    std::unique_ptr<BarePipeline> pipeline(new BarePipeline);
    for (const auto& node : redisNodes) {
        ROOKERY_ASSIGN(const auto address, parseRedisAddress(node.address));
        if (!address.password.empty() || address.database != 0)
            return fail(ErrorCode::Configuration,
                        node.name + " wants a password or another database; the bare pipeline measures "
                                    "private servers alone");
        const auto left = deadline.remaining();
        const timeval wait{left.count() / 1000, left.count() % 1000 * 1000};
        auto lane = std::make_unique<Lane>();
        lane->node = node;
        lane->context.reset(
            address.local() ? redisConnectUnixWithTimeout(address.path.c_str(), wait)
                            : redisConnectWithTimeout(address.host.c_str(), std::stoi(address.port), wait));
        if (!lane->context)
            return fail(ErrorCode::Unavailable, "there is no memory for a connection to " + node.name);
        if (lane->context->err != 0 || redisSetTimeout(lane->context.get(), kSilence) != REDIS_OK)
            return fail(lane->lost());
        pipeline->m_lanes.push_back(std::move(lane));
    }
    return pipeline;
}

Result<BarePipeline::Lane*> BarePipeline::laneOf(int node)
{
    for (const auto& lane : m_lanes)
        if (lane->node.id == node) return lane.get();
    return fail(ErrorCode::InvalidArgument,
                "the bare pipeline has no connection to node " + std::to_string(node));
}

Result<void> BarePipeline::addToAll(std::span<const PlainKey> sets, std::span<const PlainEntry> entries,
                                    const std::stop_token& stop)
{
    for (const auto& lane : m_lanes) {
        lane->sets.clear();
        lane->entry = lane->set = 0;
    }
    for (std::size_t i = 0; i < sets.size(); ++i) {
        ROOKERY_ASSIGN(auto* lane, laneOf(sets[i].node));
        lane->sets.push_back(i);
    }
    for (bool busy = true; busy;) {
        busy = false;
        for (const auto& lane : m_lanes) {
            const bool sending = !lane->sentAll(entries.size()) && !stop.stop_requested();
            if (lane->underWay.size() == kPipelinesUnderWay || (!sending && !lane->underWay.empty()))
                ROOKERY_TRY(lane->receiveAdds());
            if (sending) ROOKERY_TRY(lane->sendAdds(sets, entries));
            busy = busy || !lane->underWay.empty();
        }
    }
    if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "stopped");
    return {};
}

Result<std::vector<std::string>> BarePipeline::newest(const PlainKey& set, int count)
{
    ROOKERY_ASSIGN(auto* lane, laneOf(set.node));
    lane->buffer.clear();
    const auto last = std::to_string(count - 1);
    appendRedisCommand(lane->buffer, std::array<std::string_view, 4>{"ZREVRANGE", set.key, "0", last});
    ROOKERY_TRY(lane->send());
    ROOKERY_ASSIGN(const auto reply, lane->receive());
    std::vector<std::string> members;
    for (std::size_t i = 0; i < reply->elements; ++i)
        members.push_back(textOf(*reply->element[i]));
    return members;
}

Result<std::vector<std::string>> BarePipeline::values(std::span<const PlainKey> keys)
{
    std::vector<std::pair<Lane*, std::vector<std::size_t>>> asked;
    for (const auto& lane : m_lanes) {
        std::vector<std::string_view> words{"MGET"};
        std::vector<std::size_t> places;
        for (std::size_t i = 0; i < keys.size(); ++i) {
            if (keys[i].node != lane->node.id) continue;
            words.push_back(keys[i].key);
            places.push_back(i);
        }
        if (places.empty()) continue;
        lane->buffer.clear();
        appendRedisCommand(lane->buffer, words);
        ROOKERY_TRY(lane->send());
        asked.emplace_back(lane.get(), std::move(places));
    }
    std::vector<std::string> values(keys.size());
    for (const auto& [lane, places] : asked) {
        ROOKERY_ASSIGN(const auto reply, lane->receive());
        for (std::size_t i = 0; i < reply->elements && i < places.size(); ++i)
            values[places[i]] = textOf(*reply->element[i]);
    }
    return values;
}

} // namespace backend
