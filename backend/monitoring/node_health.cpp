#include "backend/monitoring/node_health.h"

#include "backend/cache/redis_address.h"
#include "backend/cache/redis_errors.h"
#include "backend/monitoring/backlog_watch.h"
#include "backend/monitoring/call_watch.h"

#include <algorithm>

namespace backend {
namespace {

std::string advice(const NodeEndpoint& node, const std::optional<Error>& error)
{
    if (error && error->code == ErrorCode::Unauthorized)
        return "Check the engine's user and password for it.";
    if (error && error->code == ErrorCode::DiskFull) return "Free space on its disk.";
    if (error && node.kind == NodeKind::Redis && toldByReply(*error)) // it runs, and has said what to do
        return "Pages come from PostgreSQL meanwhile, and its timelines are rebuilt.";
    std::string what = "Start it or see why it hangs";
    if (error && error->code == ErrorCode::DeadlineExceeded)
        what = "See why it hangs";
    else if (error)
        what = node.kind == NodeKind::Redis ? "Start it" : "Start it or see its log";
    return what + (node.kind == NodeKind::Redis
                       ? "; pages come from PostgreSQL meanwhile, and its timelines are rebuilt."
                       : "; tasks of its shards wait meanwhile, nothing acknowledged is lost.");
}

// What the error advises about a Redis node that does not answer is said better here. PostgreSQL's may be all
// that is known of why it stopped.
std::string withoutAdvice(const NodeEndpoint& node, const Error& error)
{
    const bool silent = error.code == ErrorCode::Unavailable || error.code == ErrorCode::DeadlineExceeded;
    return silent && node.kind == NodeKind::Redis && !toldByReply(error)
               ? error.message.substr(0, error.message.find("; "))
               : error.message;
}

// For people: never with a password.
std::string shownAddress(const NodeEndpoint& node)
{
    if (node.kind == NodeKind::Postgres) return node.address;
    const auto address = parseRedisAddress(node.address);
    return address ? address->shown() : "address not readable";
}

int downNodes(const ClusterSnapshot& snapshot)
{
    return int(std::count_if(snapshot.nodes.begin(), snapshot.nodes.end(),
                             [](const auto& n) { return n.health == Health::Down; }));
}

bool allDown(const ClusterSnapshot& snapshot, NodeKind kind)
{
    bool any = false;
    for (const auto& node : snapshot.nodes) {
        if (node.kind != kind) continue;
        if (node.health != Health::Down) return false;
        any = true;
    }
    return any;
}

bool holdsDirectory(const NodeSnapshot& node)
{
    return std::find(node.roles.begin(), node.roles.end(), Role::Directory) != node.roles.end();
}

NodeVerdict queueVerdict(const ClusterSnapshot& snapshot)
{
    if (snapshot.queueUnfinished > 0 && !anyoneWorks(snapshot))
        return {Health::Degraded, nobodyWorksText(snapshot)};
    if (snapshot.backlog) return {Health::Degraded, backlogText(snapshot)};
    if (snapshot.queueDead > 0)
        return {Health::Degraded, std::to_string(snapshot.queueDead) +
                                      (snapshot.queueDead == 1 ? " task has" : " tasks have") +
                                      " failed for good. Retry or discard them on the queue page."};
    return {Health::Ok, {}};
}

// What fails, first of all that is worst; empty: nothing does.
std::string callsText(const ClusterSnapshot& snapshot)
{
    std::string out;
    const auto add = [&out](const std::string& words) { out += (out.empty() ? "" : " ") + words + "."; };
    if (snapshot.readsFail) add(failureText("reads", *snapshot.readsFail));
    if (snapshot.writesFail) add(failureText("writes", *snapshot.writesFail));
    if (snapshot.pagesPartial) add(partialText(*snapshot.pagesPartial));
    return out;
}

// Where no node's trouble explains it.
std::string callsAdvice(const ClusterSnapshot& snapshot)
{
    const auto& worst = snapshot.readsFail    ? snapshot.readsFail
                        : snapshot.writesFail ? snapshot.writesFail
                                              : snapshot.pagesPartial;
    switch (worst->mostly) {
    case FailureReason::Overloaded:
        return "More is asked for than is answered: see which nodes are slow, or start another engine.";
    case FailureReason::Other:
        if (!snapshot.readsFail && !snapshot.writesFail) break;
        return "Look into the engines' logs, and run rookeryctl doctor.";
    case FailureReason::DeadlineExceeded:
    case FailureReason::Unavailable:
        break;
    }
    return "See which nodes are slow or out of connections.";
}

NodeVerdict nodesVerdict(const ClusterSnapshot& snapshot, const NodeVerdict& directory,
                         const std::optional<Error>& publishError)
{
    if (directory.health == Health::Down)
        return {Health::Down, "The directory is down. " + directory.message};
    for (const auto& node : snapshot.nodes)
        if (node.health == Health::Down && holdsDirectory(node))
            return {Health::Down, "The directory is down. " + node.message};
    for (const auto kind : {NodeKind::Postgres, NodeKind::Redis})
        if (allDown(snapshot, kind))
            return {Health::Down, std::string("No ") + (kind == NodeKind::Postgres ? "PostgreSQL" : "Redis") +
                                      " node answers."};
    if (const int down = downNodes(snapshot); down > 0) {
        const auto first = std::find_if(snapshot.nodes.begin(), snapshot.nodes.end(),
                                        [](const auto& n) { return n.health == Health::Down; });
        return {Health::Degraded,
                down == 1 ? first->message : std::to_string(down) + " nodes are down. " + first->message};
    }
    if (publishError) return {Health::Degraded, "This engine's heartbeat fails: " + publishError->message};
    for (const auto& node : snapshot.nodes)
        if (node.health == Health::Degraded) return {Health::Degraded, node.message};
    for (const auto& node : snapshot.nodes)
        if (node.health == Health::Unknown)
            return {Health::Unknown, "Waiting for the first answer of " + node.name + "."};
    return {Health::Ok, {}};
}

} // namespace

void NodeHealth::answered(Time now)
{
    m_lastAnswer = now;
    m_everAnswered = true;
    m_misses = 0;
    m_error.reset();
}

void NodeHealth::missed(Error error)
{
    ++m_misses;
    m_error = std::move(error);
}

NodeVerdict NodeHealth::verdict(const NodeEndpoint& node, Time now) const
{
    const auto silence = std::chrono::duration_cast<std::chrono::seconds>(now - m_lastAnswer);
    const bool silent = silence >= kDownAfterSilence;
    if (m_misses == 0 && !silent) return {m_everAnswered ? Health::Ok : Health::Unknown, {}};
    const std::string what = !m_everAnswered ? "has not answered yet"
                             : silence.count() < 1
                                 ? "missed a probe"
                                 : "has not answered for " + std::to_string(silence.count()) + " s";
    const auto address = shownAddress(node);
    const bool toldByError = m_error && m_error->message.find(address) != std::string::npos;
    std::string message = node.name + (toldByError ? " " : " (" + address + ") ") + what;
    if (m_error) message += ": " + withoutAdvice(node, *m_error);
    if (message.back() != '.') message += '.';
    return {m_misses >= kDownAfterMisses || silent ? Health::Down : Health::Degraded,
            message + " " + advice(node, m_error)};
}

NodeVerdict clusterVerdict(const ClusterSnapshot& snapshot, const NodeVerdict& directory,
                           const std::optional<Error>& publishError)
{
    auto nodes = nodesVerdict(snapshot, directory, publishError);
    const auto calls = callsText(snapshot);
    if (calls.empty()) return nodes.health == Health::Ok ? queueVerdict(snapshot) : nodes;
    if (nodes.health == Health::Ok) nodes.message = callsAdvice(snapshot);
    return {nodes.health == Health::Down ? Health::Down : Health::Degraded, calls + " " + nodes.message};
}

} // namespace backend
