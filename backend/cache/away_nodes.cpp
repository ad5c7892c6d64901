#include "backend/cache/away_nodes.h"

#include "backend/common/log.h"

#include <algorithm>

namespace backend {
namespace {

using namespace std::chrono_literals;

constexpr auto kAskedFor = 5s;  // of nodes that somebody asked about
constexpr auto kLookHolds = 4s; // longer than a look lasts and the next one waits
constexpr auto kEpochHolds = 1min;
constexpr auto kRelapse = 10s;   // away again so soon after it answered a look
constexpr int kMostRelapses = 4; // eight seconds then: fewer than it takes to be forgiven

// Nothing is written to a key that is not there, but whoever cannot write says so.
constexpr std::string_view kNothing = "rookery:nothing";

} // namespace

AwayNodes::AwayNodes(std::vector<NodeEndpoint> redisNodes)
    : m_redis(redisNodes, {.name = "rookery"})
{
    for (const auto& node : redisNodes)
        m_nodes[node.id];
    m_thread = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

AwayNodes::~AwayNodes() = default; // the thread's own destructor stops and joins it first

std::optional<Error> AwayNodes::why(int node) const
{
    if (m_away.load(std::memory_order_relaxed) == 0) return {};
    const std::lock_guard lock(m_mutex);
    const auto found = m_nodes.find(node);
    return found == m_nodes.end() ? std::nullopt : found->second.away;
}

void AwayNodes::notice(int node, const Error& error)
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_nodes.find(node);
    if (found == m_nodes.end()) return;
    auto& it = found->second;
    if (!it.away) {
        ++m_away;
        const auto now = Clock::now();
        it.relapses = now - it.returnedAt < kRelapse ? std::min(it.relapses + 1, kMostRelapses) : 0;
        it.notBefore = now + (it.relapses > 0 ? kLookEvery * (1 << it.relapses) / 2 : Milliseconds(0));
        it.lookedAt = {}; // what was seen before does not count any more
        it.able = false;
        m_changed.notify_all();
    }
    it.away = error;
}

std::vector<int> AwayNodes::answering(std::span<const int> nodes, std::int64_t epoch)
{
    const auto now = Clock::now();
    const std::lock_guard lock(m_mutex);
    if (m_epoch && *m_epoch != epoch) m_epochChanged = now;
    m_epoch = epoch;
    const bool moved = m_epochChanged != Clock::time_point() && now - m_epochChanged < kEpochHolds;
    std::vector<int> out;
    bool news = false;
    for (const int node : nodes) {
        const auto found = m_nodes.find(node);
        if (found == m_nodes.end() || moved) {
            out.push_back(node);
            continue;
        }
        auto& it = found->second;
        news = news || !wanted(it, now);
        it.askedAbout = now;
        if (!it.away && it.able && now - it.lookedAt < kLookHolds) out.push_back(node);
    }
    if (news) m_changed.notify_all();
    return out;
}

bool AwayNodes::wanted(const Node& node, Clock::time_point now) const
{
    return node.away || (node.askedAbout != Clock::time_point() && now - node.askedAbout < kAskedFor);
}

std::optional<AwayNodes::Clock::time_point> AwayNodes::nextLook(Clock::time_point now) const
{
    std::optional<Clock::time_point> next;
    for (const auto& [id, node] : m_nodes)
        if (wanted(node, now))
            next = std::min(next.value_or(Clock::time_point::max()), node.lookedAt + kLookEvery);
    return next;
}

void AwayNodes::run(const std::stop_token& stop)
{
    while (!stop.stop_requested()) {
        std::set<int> due;
        {
            std::unique_lock lock(m_mutex);
            const auto now = Clock::now();
            if (const auto next = nextLook(now); !next)
                m_changed.wait(lock, stop, [&] { return nextLook(Clock::now()).has_value(); });
            else if (*next > now)
                m_changed.wait_until(lock, stop, *next,
                                     [&] { return nextLook(Clock::now()).value_or(*next) < *next; });
            const auto then = Clock::now();
            for (const auto& [id, node] : m_nodes)
                if (wanted(node, then) && node.lookedAt + kLookEvery <= then) due.insert(id);
        }
        if (stop.stop_requested() || due.empty()) continue;
        try {
            look(due);
        } catch (const std::exception& e) {
            log::error(std::string("looking after silent Redis nodes goes on after a defect: ") + e.what());
        }
    }
}

void AwayNodes::look(const std::set<int>& nodes)
{
    RedisBatch batch(m_redis);
    for (const int node : nodes)
        batch.add(node, {"SETRANGE", kNothing, "0", ""});
    std::ignore = batch.run(Deadline::after(kLook)); // judged reply by reply
    const auto now = Clock::now();
    const std::lock_guard lock(m_mutex);
    std::size_t index = 0;
    for (const int id : nodes) {
        auto& node = m_nodes[id];
        const auto& reply = batch.reply(index++);
        node.lookedAt = now;
        // It replied, and if it refuses, then not because it cannot.
        node.able = batch.roundTrip(id) && (reply || reply.error().redisNode == 0) && now >= node.notBefore;
        if (!node.able && node.away && !reply) { // what is wrong with it now
            node.away = reply.error();
            node.away->redisNode = id;
        }
        if (!node.able || !node.away) continue;
        node.away.reset();
        node.returnedAt = now;
        --m_away;
    }
}

} // namespace backend
