#include "backend/cache/redis_client.h"

#include "backend/cache/redis_client_impl.h"
#include "backend/cache/redis_encoding.h"

namespace backend {

RedisClient::RedisClient(std::vector<NodeEndpoint> redisNodes, RedisClientOptions options)
    : m_impl(std::make_unique<Impl>(std::move(redisNodes), std::move(options)))
{
}

RedisClient::~RedisClient() = default;

Result<RedisReply> RedisClient::command(int node, std::initializer_list<std::string_view> arguments,
                                        Deadline deadline)
{
    const auto place = m_impl->nodes.placeOf(node);
    if (place == RedisNodes::npos) return fail(RedisNodes::unknown(node));
    std::string encoded;
    appendRedisCommand(encoded, arguments);
    const std::uint32_t slot = 0;
    std::vector<Result<RedisReply>> replies(1);
    RedisPipeline pipeline;
    pipeline.connection = &m_impl->nodes.at(place);
    pipeline.commands = encoded;
    pipeline.slots = {&slot, 1};
    runPipelines({&pipeline, 1}, replies, kLongestConnect, deadline);
    return std::move(replies[0]);
}

Result<std::string> RedisClient::runId(int node, Deadline deadline)
{
    const auto place = m_impl->nodes.placeOf(node);
    if (place == RedisNodes::npos) return fail(RedisNodes::unknown(node));
    auto& connection = m_impl->nodes.at(place);
    if (!connection.usable()) {
        std::vector<Result<RedisReply>> replies;
        RedisPipeline pipeline;
        pipeline.connection = &connection;
        runPipelines({&pipeline, 1}, replies, kLongestConnect, deadline);
        if (pipeline.failure) return fail(*pipeline.failure);
    }
    return connection.runId();
}

std::map<int, std::int64_t> RedisClient::connectionIds() const
{
    std::map<int, std::int64_t> ids;
    for (std::size_t i = 0; i < m_impl->nodes.size(); ++i)
        if (const auto& connection = m_impl->nodes.at(i); connection.clientId() != 0)
            ids.emplace(connection.nodeId(), connection.clientId());
    return ids;
}

const std::string& RedisClient::nodeName(int node) const
{
    static const std::string unknown = "an unknown Redis node";
    const auto place = m_impl->nodes.placeOf(node);
    return place == RedisNodes::npos ? unknown : m_impl->nodes.at(place).name();
}

} // namespace backend
