#include "backend/monitoring/status.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace backend {
namespace {

using Json = nlohmann::json;
using Counts = std::vector<std::int64_t>;

constexpr std::array kWorkerStateNames{"starting", "idle", "running", "paused", "waiting", "stopped"};

// Calls visit(field of a, field of b) for every counter; lists are made equally long first.
template <class Visit>
void pairwise(EngineCounters& a, EngineCounters& b, Visit visit)
{
    const auto list = [&](auto& x, auto& y) {
        if constexpr (requires { x.resize(1); }) {
            x.resize(std::max(x.size(), y.size()));
            y.resize(x.size());
        }
        for (std::size_t i = 0; i < x.size(); ++i)
            visit(x[i], y[i]);
    };
    list(a.deliveries, b.deliveries);
    list(a.reads, b.reads);
    list(a.cacheHits, b.cacheHits);
    list(a.cacheMisses, b.cacheMisses);
    list(a.flightsLed, b.flightsLed);
    list(a.flightsJoined, b.flightsJoined);
    list(a.tasksDone, b.tasksDone);
    list(a.tasksFailed, b.tasksFailed);
    list(a.failedReads, b.failedReads);
    list(a.failedWrites, b.failedWrites);
    list(a.fanoutDelay, b.fanoutDelay);
    for (std::size_t kind = 0; kind < a.taskWaits.size(); ++kind) {
        list(a.taskWaits[kind], b.taskWaits[kind]);
        list(a.taskRuns[kind], b.taskRuns[kind]);
    }
    for (const auto field : {&EngineCounters::posts, &EngineCounters::deletes, &EngineCounters::follows,
                             &EngineCounters::unfollows, &EngineCounters::pages, &EngineCounters::rebuilds,
                             &EngineCounters::readThroughs, &EngineCounters::publicPages,
                             &EngineCounters::partialPages, &EngineCounters::writes})
        visit(a.*field, b.*field);
}

// Most buckets are empty: [[bucket, count], …].
Json sparse(const Counts& counts)
{
    Json out = Json::array();
    for (std::size_t i = 0; i < counts.size(); ++i)
        if (counts[i] != 0) out.push_back({i, counts[i]});
    return out;
}

Counts countsOf(const Json& json)
{
    Counts out(kDelayBuckets, 0);
    for (const auto& [bucket, count] : json.get<std::vector<std::pair<std::size_t, std::int64_t>>>())
        if (bucket < out.size()) out[bucket] = count;
    return out;
}

// Most kinds have none: [[kind, [[bucket, count], …]], …].
template <std::size_t Kinds>
Json byKind(const std::array<Counts, Kinds>& counts)
{
    Json out = Json::array();
    for (std::size_t kind = 0; kind < Kinds; ++kind)
        if (auto some = sparse(counts[kind]); !some.empty()) out.push_back({kind, std::move(some)});
    return out;
}

template <std::size_t Kinds>
void readByKind(const Json& json, const char* name, std::array<Counts, Kinds>& out)
{
    for (auto& counts : out)
        counts.assign(kDelayBuckets, 0);
    for (const auto& entry : json.value(name, Json::array()))
        if (const auto kind = entry.at(0).get<std::size_t>(); kind < Kinds) out[kind] = countsOf(entry.at(1));
}

template <std::size_t Size>
void readList(const Json& json, const char* name, std::array<std::int64_t, Size>& out)
{
    const auto list = json.value(name, Counts());
    std::copy_n(list.begin(), std::min(list.size(), out.size()), out.begin());
}

Json workerJson(const WorkerSnapshot& worker)
{
    Json out{{"state", kWorkerStateNames.at(std::size_t(worker.state))},
             {"since", worker.since.time_since_epoch().count()},
             {"done", worker.tasksDone},
             {"failed", worker.tasksFailed}};
    if (!worker.task.empty()) out["task"] = worker.task;
    if (!worker.error.empty()) out["error"] = worker.error;
    out["used"] = worker.used;
    return out;
}

WorkerSnapshot workerOf(const Json& json, int index)
{
    WorkerSnapshot out;
    const auto state = json.value("state", std::string());
    const auto found = std::find(kWorkerStateNames.begin(), kWorkerStateNames.end(), state);
    out.index = index;
    out.state = found == kWorkerStateNames.end() ? WorkerState::Starting
                                                 : WorkerState(found - kWorkerStateNames.begin());
    out.since = TimePoint(std::chrono::microseconds(json.value("since", std::int64_t(0))));
    out.tasksDone = json.value("done", std::int64_t(0));
    out.tasksFailed = json.value("failed", std::int64_t(0));
    out.task = json.value("task", std::string());
    out.error = json.value("error", std::string());
    readList(json, "used", out.used);
    return out;
}

EngineCounters countersOf(const Json& json)
{
    EngineCounters out;
    out.deliveries = json.value("deliveries", Counts());
    out.reads = json.value("reads", Counts());
    readList(json, "hits", out.cacheHits);
    readList(json, "misses", out.cacheMisses);
    readList(json, "led", out.flightsLed);
    readList(json, "joined", out.flightsJoined);
    readList(json, "done", out.tasksDone);
    readList(json, "failed", out.tasksFailed);
    out.fanoutDelay = countsOf(json.value("delay", Json::array()));
    readByKind(json, "waits", out.taskWaits);
    readByKind(json, "runs", out.taskRuns);
    out.posts = json.value("posts", std::int64_t(0));
    out.deletes = json.value("deletes", std::int64_t(0));
    out.follows = json.value("follows", std::int64_t(0));
    out.unfollows = json.value("unfollows", std::int64_t(0));
    out.pages = json.value("pages", std::int64_t(0));
    out.rebuilds = json.value("rebuilds", std::int64_t(0));
    out.readThroughs = json.value("read_throughs", std::int64_t(0));
    out.publicPages = json.value("public_pages", std::int64_t(0));
    out.partialPages = json.value("partial_pages", std::int64_t(0));
    out.writes = json.value("writes", std::int64_t(0));
    readList(json, "failed_reads", out.failedReads);
    readList(json, "failed_writes", out.failedWrites);
    return out;
}

Json restoreJson(const RestoreProgress& restore)
{
    return {{"nodes", restore.nodes},       {"started", restore.startedAt.time_since_epoch().count()},
            {"readers", restore.readers},   {"looked", restore.looked},
            {"restored", restore.restored}, {"per_second", restore.perSecond}};
}

RestoreProgress restoreOf(const Json& json)
{
    RestoreProgress out;
    out.running = true;
    out.nodes = json.value("nodes", std::vector<std::string>());
    out.startedAt = TimePoint(std::chrono::microseconds(json.value("started", std::int64_t(0))));
    out.readers = json.value("readers", std::int64_t(0));
    out.looked = json.value("looked", std::int64_t(0));
    out.restored = json.value("restored", std::int64_t(0));
    out.perSecond = json.value("per_second", 0.0);
    return out;
}

Json verificationJson(const TimelineVerification& verification)
{
    Json out{{"running", verification.running},
             {"hour", verification.verifiedLastHour},
             {"hour_differences", verification.differencesLastHour},
             {"total", verification.verifiedTotal},
             {"differences", verification.differences},
             {"rounds", verification.rounds},
             {"round_seconds", verification.lastRoundSeconds}};
    if (verification.lastDifferenceAt) {
        out["last_at"] = verification.lastDifferenceAt->time_since_epoch().count();
        out["last_reader"] = verification.lastReader.value;
    }
    return out;
}

TimelineVerification verificationOf(const Json& json)
{
    TimelineVerification out;
    out.running = json.value("running", false);
    out.verifiedLastHour = json.value("hour", std::int64_t(0));
    out.differencesLastHour = json.value("hour_differences", std::int64_t(0));
    out.verifiedTotal = json.value("total", std::int64_t(0));
    out.differences = json.value("differences", std::int64_t(0));
    out.rounds = json.value("rounds", std::int64_t(0));
    out.lastRoundSeconds = json.value("round_seconds", -1.0);
    if (json.contains("last_at")) {
        out.lastDifferenceAt = TimePoint(std::chrono::microseconds(json.value("last_at", std::int64_t(0))));
        out.lastReader = UserId{json.value("last_reader", std::int64_t(0))};
    }
    return out;
}

} // namespace

EngineCounters copyCounters(const EngineMetrics& metrics, int shardCount)
{
    EngineCounters out;
    for (int i = 0; i < std::clamp(shardCount, 0, kMaxShards); ++i) {
        out.deliveries.push_back(metrics.deliveries[std::size_t(i)].get());
        out.reads.push_back(metrics.reads[std::size_t(i)].get());
    }
    const auto copy = [](const auto& from, auto& to) {
        std::transform(from.begin(), from.end(), to.begin(),
                       [](const auto& counter) { return counter.get(); });
    };
    copy(metrics.cacheHits, out.cacheHits);
    copy(metrics.cacheMisses, out.cacheMisses);
    copy(metrics.flightsLed, out.flightsLed);
    copy(metrics.flightsJoined, out.flightsJoined);
    copy(metrics.tasksDone, out.tasksDone);
    copy(metrics.tasksFailed, out.tasksFailed);
    out.posts = metrics.posts.get();
    out.deletes = metrics.deletes.get();
    out.follows = metrics.follows.get();
    out.unfollows = metrics.unfollows.get();
    out.pages = metrics.pages.get();
    out.rebuilds = metrics.rebuilds.get();
    out.readThroughs = metrics.readThroughs.get();
    out.publicPages = metrics.publicPages.get();
    out.partialPages = metrics.partialPages.get();
    out.writes = metrics.writes.get();
    copy(metrics.failedReads, out.failedReads);
    copy(metrics.failedWrites, out.failedWrites);
    out.fanoutDelay = metrics.fanoutDelay.counts();
    for (std::size_t kind = 0; kind < out.taskWaits.size(); ++kind) {
        out.taskWaits[kind] = metrics.taskWait[kind].counts();
        out.taskRuns[kind] = metrics.taskRun[kind].counts();
    }
    return out;
}

void addCounters(EngineCounters& sum, const EngineCounters& more)
{
    auto other = more;
    pairwise(sum, other, [](std::int64_t& a, std::int64_t& b) { a += b; });
}

std::optional<EngineCounters> increase(const EngineCounters& before, const EngineCounters& after)
{
    auto from = before, out = after;
    bool down = false;
    pairwise(out, from, [&down](std::int64_t& a, std::int64_t& b) {
        down = down || a < b;
        a -= b;
    });
    if (down) return std::nullopt;
    return out;
}

std::string encodeStatus(const EngineStatus& status)
{
    const auto& c = status.counters;
    Json out{{"v", kStatusVersion},
             {"at_ms", status.publishedAt.count()},
             {"borrowed_ms", status.borrowedIdMilliseconds},
             {"pg_connections", status.sqlConnectionsPerNode},
             {"deliveries", c.deliveries},
             {"reads", c.reads},
             {"hits", c.cacheHits},
             {"misses", c.cacheMisses},
             {"led", c.flightsLed},
             {"joined", c.flightsJoined},
             {"posts", c.posts},
             {"deletes", c.deletes},
             {"follows", c.follows},
             {"unfollows", c.unfollows},
             {"pages", c.pages},
             {"rebuilds", c.rebuilds},
             {"read_throughs", c.readThroughs},
             {"public_pages", c.publicPages},
             {"partial_pages", c.partialPages},
             {"writes", c.writes},
             {"failed_reads", c.failedReads},
             {"failed_writes", c.failedWrites},
             {"done", c.tasksDone},
             {"failed", c.tasksFailed},
             {"delay", sparse(c.fanoutDelay)},
             {"waits", byKind(c.taskWaits)},
             {"runs", byKind(c.taskRuns)},
             {"workers", Json::array()}};
    if (status.restore) out["restore"] = restoreJson(*status.restore);
    if (status.verification) out["verification"] = verificationJson(*status.verification);
    for (const auto& worker : status.workers)
        out["workers"].push_back(workerJson(worker));
    return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<EngineStatus> decodeStatus(std::string_view text)
{
    try {
        const auto json = Json::parse(text);
        const int version = json.value("v", 0);
        if (version < 1) return fail(ErrorCode::NotFound, "the engine has not published its status yet");
        if (version > kStatusVersion)
            return fail(ErrorCode::SchemaTooNew, "the engine's status has version " +
                                                     std::to_string(version) + ", this program reads up to " +
                                                     std::to_string(kStatusVersion) +
                                                     ": update this program");
        EngineStatus out;
        out.publishedAt = Milliseconds(json.value("at_ms", std::int64_t(0)));
        out.borrowedIdMilliseconds = json.value("borrowed_ms", 0.0);
        out.sqlConnectionsPerNode = json.value("pg_connections", 0);
        out.counters = countersOf(json);
        if (json.contains("restore")) out.restore = restoreOf(json.at("restore"));
        if (json.contains("verification")) out.verification = verificationOf(json.at("verification"));
        for (const auto& worker : json.value("workers", Json::array()))
            out.workers.push_back(workerOf(worker, int(out.workers.size())));
        return out;
    } catch (const Json::exception& e) {
        return fail(ErrorCode::Internal, std::string("the engine's status cannot be read: ") + e.what());
    }
}

} // namespace backend
