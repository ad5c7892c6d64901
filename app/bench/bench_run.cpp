#include "app/bench/bench_run.h"

#include "backend/cache/redis_info.h"

#include <algorithm>
#include <thread>

using namespace backend;

namespace app {
namespace {

using namespace std::chrono_literals;

// Asked seldom enough not to disturb what it waits for, often enough not to lengthen it by more than a
// percent or so.
std::chrono::milliseconds pollAfter(double seconds)
{
    return std::chrono::milliseconds(std::clamp(int(seconds * 10), 2, 50));
}

} // namespace

// The bench's cluster is its own: nothing moves while it runs.
struct BenchRun::FixedMap final : ShardMapSource
{
    explicit FixedMap(std::shared_ptr<const ShardMap> fixed)
        : map(std::move(fixed))
    {
    }
    std::shared_ptr<const ShardMap> current() const override { return map; }
    std::shared_ptr<const ShardMap> map;
};

BenchRun::BenchRun(const BenchOptions& options, const BenchProgress& progress, std::stop_token stop)
    : m_sizes(options.sizes)
    , m_progress(progress)
    , m_stop(std::move(stop))
{
    m_report.mode = options.mode;
    m_report.rounds = options.sizes.rounds;
}

Result<std::unique_ptr<BenchRun>> BenchRun::open(const BenchOptions& options, const BenchProgress& progress,
                                                 std::stop_token stop)
{
    std::unique_ptr<BenchRun> run(new BenchRun(options, progress, stop));
    SessionOptions session;
    session.dataDirectory = options.dataDirectory;
    session.workload = false;
    session.role = "bench";
    ROOKERY_ASSIGN(run->m_session,
                   openSession(
                       session, [&](const SessionProgress& step) { progress(step.step); }, stop));
    const auto inputs = run->m_session->auditInputs();
    run->m_map = inputs.map;
    run->m_maps = std::make_unique<FixedMap>(inputs.map);
    TimelineLimits limits;
    limits.cap = inputs.cap;
    limits.age = inputs.age;
    run->m_timelines = std::make_unique<Timelines>(*run->m_maps, limits);
    run->m_redis = std::make_unique<RedisClient>(run->nodes(NodeKind::Redis));
    ROOKERY_ASSIGN(run->m_bare, BarePipeline::connect(run->nodes(NodeKind::Redis), callDeadline()));
    return run;
}

std::vector<NodeEndpoint> BenchRun::nodes(NodeKind kind) const
{
    std::vector<NodeEndpoint> nodes;
    for (const auto& node : m_map->nodes)
        if (node.kind == kind) nodes.push_back(node);
    return nodes;
}

Result<void> BenchRun::goOn() const
{
    if (m_stop.stop_requested())
        return fail(ErrorCode::Cancelled, "the bench was stopped before it had its figures");
    return {};
}

Result<void> BenchRun::drain()
{
    constexpr double kLongestStandstill = 60; // seconds
    const Stopwatch whole;
    Stopwatch still;
    for (std::int64_t before = -1;;) {
        ROOKERY_TRY(goOn());
        ROOKERY_ASSIGN(const auto unfinished, monitor().unfinishedTasks(callDeadline()));
        if (unfinished == 0) return {};
        if (unfinished != before) still = Stopwatch();
        before = unfinished;
        if (still.seconds() > kLongestStandstill)
            return fail(ErrorCode::DeadlineExceeded,
                        "the queue stands still with " + std::to_string(unfinished) +
                            " tasks in it; look at the logs of the bench's servers");
        std::this_thread::sleep_for(pollAfter(whole.seconds()));
    }
}

Result<void> BenchRun::requireNoDeadLetters()
{
    ROOKERY_ASSIGN(const auto letters, operations().deadLetters(1, callDeadline()));
    if (letters.empty()) return {};
    return fail(ErrorCode::Internal,
                "a task failed for good, so the figures are worth nothing: " + letters.front().error);
}

Result<std::int64_t> BenchRun::redisBytes()
{
    std::int64_t bytes = 0;
    for (const auto& node : nodes(NodeKind::Redis)) {
        ROOKERY_ASSIGN(const auto info, redisInfo(*m_redis, node.id, callDeadline()));
        bytes += info.usedMemoryBytes;
    }
    return bytes;
}

} // namespace app
