// The values of fakeSnapshot and fakeHistory.
#include "tests/support/fake_engine.h"

namespace tests {
namespace {

using namespace std::chrono_literals;

constexpr int kPostgresNodes = 2, kRedisNodes = 8;

backend::TimePoint now()
{
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

void addNodes(backend::ClusterSnapshot& out, int shards)
{
    for (int i = 0; i < kPostgresNodes + kRedisNodes; ++i) {
        const bool postgres = i < kPostgresNodes;
        backend::NodeSnapshot node;
        node.id = i + 1;
        node.name =
            postgres ? "pg-" + std::to_string(i + 1) : "redis-" + std::to_string(i + 1 - kPostgresNodes);
        node.kind = postgres ? backend::NodeKind::Postgres : backend::NodeKind::Redis;
        node.roles = i == 0   ? std::vector{backend::Role::Directory, backend::Role::Users}
                     : i == 1 ? std::vector{backend::Role::Posts}
                              : std::vector{backend::Role::Timelines};
        node.shards = postgres ? shards : shards / kRedisNodes;
        node.health = backend::Health::Ok;
        node.version = postgres ? "15.5" : "7.0.15";
        node.uptimeSeconds = 3600 + i;
        node.probeMilliseconds = 0.3 + 0.1 * i;
        node.connections = 10 + i;
        node.commandsPerSecond = 100.0 * (i + 1);
        if (postgres) {
            node.diskBytes = (40LL + i) << 20;
            node.diskReadAt = out.takenAt - 3s;
        } else {
            node.memoryBytes = (3LL + i) << 20;
            node.evictionsPerSecond = 0;
            node.evictedTotal = 0;
            node.keyspaceHitRatio = 0.9;
            node.keys = 1000 + i;
        }
        out.nodes.push_back(node);
    }
}

void addShards(backend::ClusterSnapshot& out, int shards)
{
    for (int s = 0; s < shards; ++s) {
        backend::ShardSnapshot shard;
        shard.shard = s;
        shard.usersNode = 1;
        shard.postsNode = 2;
        shard.timelinesNode = kPostgresNodes + 1 + s % kRedisNodes;
        shard.users = 200 + s;
        shard.posts = 1000 + 3 * s;
        shard.postgresBytes = (100 + s) * 1024;
        shard.timelines = 100 + s;
        shard.entries = 8000 + 20 * s;
        shard.bytes = (300 + s) * 1024;
        shard.sweptAt = out.takenAt - 5s;
        shard.usersReadAt = shard.postsReadAt = out.takenAt - 3s;
        shard.deliveriesPerSecond = 10 + (s * 7) % 13;
        shard.readsPerSecond = 3 + s % 5;
        out.shards.push_back(shard);
    }
}

void addQueue(backend::ClusterSnapshot& out)
{
    int i = 0;
    for (const auto kind : backend::kTaskKinds) {
        backend::QueueKindSnapshot row;
        row.kind = kind;
        row.ready = 3 * i;
        row.running = i;
        row.retry = i % 2;
        row.dead = i == 2 ? 4 : 0;
        row.oldestAgeSeconds = 0.5 * i;
        row.arrivalsPerSecond = 10 + i;
        row.drainPerSecond = 11 + i;
        row.failuresPerSecond = 0;
        out.queue.push_back(row);
        out.queueUnfinished += row.unfinished();
        out.queueDead += row.dead;
        ++i;
    }
}

void addWorkers(backend::ClusterSnapshot& out)
{
    backend::EngineSnapshot engine;
    engine.slot = 3;
    engine.name = "localhost:4242";
    engine.role = "demo";
    engine.startedAt = out.takenAt - 10min;
    engine.heartbeatAgeSeconds = 0.4;
    engine.workers = engine.workersWanted = 4;
    engine.self = true;
    out.engines.push_back(engine);
    for (int i = 0; i < engine.workers; ++i) {
        backend::WorkerSnapshot worker;
        worker.engineSlot = engine.slot;
        worker.engineName = engine.name;
        worker.index = i;
        worker.state = i == 0 ? backend::WorkerState::Running : backend::WorkerState::Idle;
        worker.task = i == 0 ? "deliver_chunk × 12 on pg-2" : "";
        worker.since = out.takenAt - 2s;
        worker.tasksDone = 500 + i;
        out.workers.push_back(worker);
    }
}

std::vector<backend::CacheCounts> caches(std::int64_t step)
{
    return {{"home timeline", 90 * step, 10 * step},
            {"post object", 80 * step, 20 * step},
            {"user object", 70 * step, 30 * step},
            {"counters", 60 * step, 0},
            {"author timeline", 0, 0},
            {"public timeline", 5 * step, 5 * step}};
}

} // namespace

backend::ClusterSnapshot fakeSnapshot(std::uint64_t sequence, int shards,
                                      std::optional<backend::TimePoint> takenAt)
{
    backend::ClusterSnapshot out;
    out.sequence = sequence;
    out.takenAt = takenAt.value_or(now());
    out.clusterName = "fake";
    out.environment = "staging";
    out.epoch = 7;
    out.shardCount = shards;
    out.health = backend::Health::Ok;
    out.deliveriesPerSecond = 1234;
    out.postsPerSecond = 21.5;
    out.readsPerSecond = 63.25;
    out.fanoutP50Ms = 12;
    out.fanoutP95Ms = 48;
    out.fanoutP99Ms = 97;
    out.deliveriesTotal = 123'456;
    out.postsTotal = 2150;
    out.readsTotal = 6325;
    out.fanoutCount = 12'340;
    out.queueOldestAgeSeconds = 2.5;
    out.arrivalsPerSecond = 75;
    out.drainPerSecond = 81;
    out.secondsToDrain = 10;
    addNodes(out, shards);
    addShards(out, shards);
    addQueue(out);
    addWorkers(out);
    out.caches = caches(1000);
    return out;
}

backend::ClusterSnapshot withNodeDown(backend::ClusterSnapshot snapshot, int node)
{
    for (auto& one : snapshot.nodes) {
        if (one.id != node) continue;
        one.health = backend::Health::Down;
        one.message = one.name +
                      " (socket) has not answered for 7 s: it does not answer. Start it or see why it "
                      "hangs; nothing acknowledged is lost.";
        one.uptimeSeconds = one.probeMilliseconds = one.commandsPerSecond = -1;
        one.connections = one.memoryBytes = one.keys = -1;
    }
    for (auto& shard : snapshot.shards) {
        shard.usersDown = shard.usersDown || shard.usersNode == node;
        shard.postsDown = shard.postsDown || shard.postsNode == node;
        shard.timelinesDown = shard.timelinesDown || shard.timelinesNode == node;
        if (shard.timelinesDown) shard.deliveriesPerSecond = -1;
    }
    return snapshot;
}

backend::ClusterSnapshot withFailingCalls(backend::ClusterSnapshot snapshot, backend::TimePoint since)
{
    using backend::FailureReason;
    snapshot.readsPerSecond = 23;
    snapshot.failedReadsPerSecond = 37.2;
    snapshot.failedWritesPerSecond = 2;
    snapshot.partialPagesPerSecond = 1;
    snapshot.failedReadsTotal = {1'204, 12, 0, 0};
    snapshot.failedWritesTotal = {0, 40, 0, 0};
    snapshot.partialPagesTotal = 33;
    snapshot.readsFail = backend::CallTrouble{0.62, 37.2, FailureReason::DeadlineExceeded, since};
    snapshot.writesFail = backend::CallTrouble{0.1, 2, FailureReason::Unavailable, since};
    snapshot.pagesPartial = backend::CallTrouble{0.04, 1, FailureReason::Other, since};
    return snapshot;
}

backend::ClusterSnapshot withSilentDirectory(backend::ClusterSnapshot snapshot, backend::TimePoint readAt)
{
    snapshot.ratesReadAt = readAt;
    for (auto& shard : snapshot.shards)
        shard.ratesOld = true;
    return snapshot;
}

backend::ClusterSnapshot withNobody(backend::ClusterSnapshot snapshot)
{
    for (auto& shard : snapshot.shards) {
        shard.users = shard.posts = shard.timelines = shard.entries = shard.bytes = 0;
        shard.deliveriesPerSecond = shard.readsPerSecond = 0;
    }
    for (auto& kind : snapshot.queue)
        kind = {kind.kind};
    snapshot.deliveriesPerSecond = snapshot.postsPerSecond = snapshot.readsPerSecond = 0;
    snapshot.fanoutP50Ms = snapshot.fanoutP95Ms = snapshot.fanoutP99Ms = -1;
    snapshot.queueUnfinished = snapshot.queueDead = 0;
    snapshot.queueOldestAgeSeconds = snapshot.arrivalsPerSecond = snapshot.drainPerSecond = 0;
    snapshot.secondsToDrain = 0;
    return snapshot;
}

std::vector<backend::HistoryPoint> fakeHistory(backend::TimePoint end, int seconds)
{
    std::vector<backend::HistoryPoint> out;
    for (int i = 0; i < seconds; ++i) {
        backend::HistoryPoint point;
        point.at = end - std::chrono::seconds(seconds - 1 - i);
        point.deliveriesPerSecond = 1000 + i;
        point.postsPerSecond = 20 + 0.01 * i;
        point.readsPerSecond = 60 + 0.02 * i;
        point.failedReadsPerSecond = point.failedWritesPerSecond = point.partialPagesPerSecond = 0;
        point.fanoutP50Ms = 10 + 0.01 * i;
        point.fanoutP95Ms = 40 + 0.02 * i;
        point.fanoutP99Ms = 90 + 0.05 * i;
        point.queueUnfinished = 30 + i % 20;
        point.queueOldestAgeSeconds = 1 + 0.1 * (i % 10);
        point.queueDead = 4;
        point.arrivalsPerSecond = 75;
        point.drainPerSecond = 74 + i % 3;
        point.imbalance = 1.1;
        point.caches = caches(i + 1);
        point.nodeMemoryBytes.assign(kPostgresNodes + kRedisNodes, double(4 << 20));
        point.nodeCommandsPerSecond.assign(kPostgresNodes + kRedisNodes, 100.0);
        out.push_back(std::move(point));
    }
    return out;
}

} // namespace tests
