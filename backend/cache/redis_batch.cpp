#include "backend/cache/redis_client_impl.h"
#include "backend/cache/redis_encoding.h"

#include <algorithm>
#include <array>

namespace backend {
namespace {

constexpr int kScriptRounds = 4; // SCRIPT FLUSH may come between loading and sending again

Result<RedisReply> notSent()
{
    return fail(ErrorCode::Internal, "not sent");
} // short: kept without an allocation

} // namespace

struct RedisBatch::Impl
{
    struct ScriptUse
    {
        std::uint32_t slot;
        const RedisScript* script;
        std::size_t begin, end; // of the encoded command
    };

    // What waits to be sent to one node.
    struct Outgoing
    {
        std::string commands;
        std::vector<std::uint32_t> slots;
        std::vector<ScriptUse> scriptUses;

        void clear()
        {
            commands.clear();
            slots.clear();
            scriptUses.clear();
        }
        std::vector<const RedisScript*> scripts() const
        {
            std::vector<const RedisScript*> out;
            for (const auto& use : scriptUses)
                if (std::find(out.begin(), out.end(), use.script) == out.end()) out.push_back(use.script);
            return out;
        }
        // Only the commands whose script was unknown.
        Outgoing again(const std::vector<std::uint32_t>& unknown) const
        {
            Outgoing out;
            for (const auto& use : scriptUses) {
                if (!std::binary_search(unknown.begin(), unknown.end(), use.slot)) continue;
                const auto begin = out.commands.size();
                out.commands.append(commands, use.begin, use.end - use.begin);
                out.slots.push_back(use.slot);
                out.scriptUses.push_back({use.slot, use.script, begin, out.commands.size()});
            }
            return out;
        }
    };

    explicit Impl(RedisNodes& given)
        : nodes(given)
        , outgoing(given.size())
        , roundTrips(given.size())
        , gaveUp(given.size())
    {
    }

    Outgoing* begin(int node)
    {
        if (node != lastNode) {
            lastNode = node;
            lastPlace = nodes.placeOf(node);
        }
        if (lastPlace == RedisNodes::npos) {
            replies.emplace_back(fail(RedisNodes::unknown(node)));
            return nullptr;
        }
        auto& out = outgoing[lastPlace];
        out.slots.push_back(std::uint32_t(replies.size()));
        replies.emplace_back(notSent());
        return &out;
    }

    // Returns what has to be sent again because its script was unknown, by place; nothing when there is
    // nothing.
    std::vector<Outgoing> send(const std::vector<Outgoing>& from, Deadline deadline)
    {
        std::vector<RedisPipeline> pipelines;
        std::vector<std::size_t> places;
        for (std::size_t place = 0; place < from.size(); ++place) {
            if (from[place].slots.empty()) continue;
            if (gaveUp[place]) {
                for (const auto slot : from[place].slots)
                    replies[slot] = fail(*gaveUp[place]);
                continue;
            }
            RedisPipeline pipeline;
            pipeline.connection = &nodes.at(place);
            pipeline.commands = from[place].commands;
            pipeline.slots = from[place].slots;
            pipeline.scripts = from[place].scripts();
            pipelines.push_back(std::move(pipeline));
            places.push_back(place);
        }
        runPipelines(pipelines, replies, kLongestConnect, deadline);
        for (std::size_t i = 0; i < pipelines.size(); ++i) {
            roundTrips[places[i]] = pipelines[i].roundTrip;
            if (inParts && pipelines[i].failure) gaveUp[places[i]] = pipelines[i].failure;
        }
        std::vector<Outgoing> again;
        for (std::size_t i = 0; i < pipelines.size(); ++i) {
            if (pipelines[i].unknownScript.empty()) continue;
            again.resize(from.size());
            nodes.at(places[i]).forgetScripts();
            again[places[i]] = from[places[i]].again(pipelines[i].unknownScript);
        }
        return again;
    }

    RedisNodes& nodes;
    std::vector<Outgoing> outgoing;                                   // by place
    std::vector<std::optional<Deadline::Clock::duration>> roundTrips; // by place
    std::vector<std::optional<Error>> gaveUp;                         // by place: why
    bool inParts = false;
    std::vector<Result<RedisReply>> replies;
    std::size_t sentUpTo = 0;
    int lastNode = 0;
    std::size_t lastPlace = nodes.placeOf(0);
};

void RedisArguments::add(std::string_view argument)
{
    appendRedisArgument(m_encoded, argument);
    ++m_count;
}

RedisBatch::RedisBatch(RedisClient& client)
    : m_impl(std::make_unique<Impl>(client.m_impl->nodes))
{
}

RedisBatch::~RedisBatch() = default;

std::size_t RedisBatch::add(int node, std::initializer_list<std::string_view> arguments)
{
    const auto index = m_impl->replies.size();
    if (auto* out = m_impl->begin(node)) appendRedisCommand(out->commands, arguments);
    return index;
}

std::size_t RedisBatch::add(int node, const std::vector<std::string>& arguments)
{
    const auto index = m_impl->replies.size();
    if (auto* out = m_impl->begin(node)) appendRedisCommand(out->commands, arguments);
    return index;
}

std::size_t RedisBatch::add(int node, std::initializer_list<std::string_view> arguments,
                            const RedisArguments& more)
{
    const auto index = m_impl->replies.size();
    if (auto* out = m_impl->begin(node))
        appendRedisCommand(out->commands, arguments, more.count(), more.encoded());
    return index;
}

std::size_t RedisBatch::addScript(int node, const RedisScript& script,
                                  std::initializer_list<std::string_view> keys,
                                  const std::vector<std::string>& arguments)
{
    const auto index = m_impl->replies.size();
    auto* out = m_impl->begin(node);
    if (!out) return index;
    const std::string keyCount = std::to_string(keys.size());
    const std::array<std::string_view, 3> words{"EVALSHA", script.sha1(), keyCount};
    const auto begin = out->commands.size();
    appendRedisCommand(out->commands, words, keys, arguments);
    out->scriptUses.push_back({std::uint32_t(index), &script, begin, out->commands.size()});
    return index;
}

Result<void> RedisBatch::run(Deadline deadline)
{
    auto& impl = *m_impl;
    std::fill(impl.roundTrips.begin(), impl.roundTrips.end(), std::nullopt);
    auto again = impl.send(impl.outgoing, deadline);
    for (int round = 1; round < kScriptRounds && !again.empty(); ++round)
        again = impl.send(again, deadline);
    for (auto& out : impl.outgoing)
        out.clear();
    const auto first = std::find_if(impl.replies.begin() + std::ptrdiff_t(impl.sentUpTo), impl.replies.end(),
                                    [](const auto& reply) { return !reply; });
    impl.sentUpTo = impl.replies.size();
    if (first != impl.replies.end()) return fail(first->error());
    return {};
}

Result<void> RedisBatch::runPart(Deadline deadline)
{
    m_impl->inParts = true;
    return run(deadline);
}

const Result<RedisReply>& RedisBatch::reply(std::size_t index) const
{
    return m_impl->replies[index];
}

std::optional<Deadline::Clock::duration> RedisBatch::roundTrip(int node) const
{
    const auto place = m_impl->nodes.placeOf(node);
    return place == RedisNodes::npos ? std::nullopt : m_impl->roundTrips[place];
}

std::size_t RedisBatch::size() const
{
    return m_impl->replies.size();
}

void RedisBatch::clear()
{
    for (auto& out : m_impl->outgoing)
        out.clear();
    m_impl->replies.clear();
    m_impl->sentUpTo = 0;
    m_impl->inParts = false;
    std::fill(m_impl->gaveUp.begin(), m_impl->gaveUp.end(), std::nullopt);
}

} // namespace backend
