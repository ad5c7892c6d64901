#include "app/bench/machine_facts.h"

#include "app/bench/bench_run.h"
#include "app/bench/requirements.h"
#include "backend/cache/redis_info.h"

#include <cstdlib>
#include <fstream>
#include <sched.h>
#include <sys/utsname.h>
#include <thread>
#include <unistd.h>

using namespace backend;

namespace app {
namespace {

int usableCpus()
{
    cpu_set_t set;
    return ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set)
                                                         : int(::sysconf(_SC_NPROCESSORS_ONLN));
}

std::string processorName()
{
    std::ifstream in("/proc/cpuinfo");
    for (std::string line; std::getline(in, line);)
        if (line.starts_with("model name"))
            if (const auto colon = line.find(": "); colon != std::string::npos) return line.substr(colon + 2);
    return "unknown";
}

std::string kernelName()
{
    utsname name{};
    return ::uname(&name) == 0 ? std::string(name.sysname) + " " + name.release : "unknown";
}

// The engines' list comes with the sampler's first look at the directory.
int workersOf(Monitor& monitor)
{
    int workers = 0;
    for (const auto until = Deadline::after(std::chrono::seconds(5)); workers == 0 && !until.expired();) {
        for (const auto& engine : monitor.snapshot()->engines)
            workers += engine.workersWanted;
        if (workers == 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return workers;
}

} // namespace

std::array<double, 3> loadAverage()
{
    std::array<double, 3> load{};
    ::getloadavg(load.data(), 3);
    return load;
}

Result<MachineFacts> machineFacts(BenchRun& run)
{
    MachineFacts facts;
    facts.cpus = usableCpus();
    facts.processor = processorName();
    facts.kernel = kernelName();
#ifdef NDEBUG
    facts.build = "optimised";
#else
    facts.build = "unoptimised";
#endif
    facts.memoryBytes = std::int64_t(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE);
    facts.memoryAvailableBytes = availableMemoryBytes();
    const auto inputs = run.inputs();
    const auto postgres = run.nodes(NodeKind::Postgres), redis = run.nodes(NodeKind::Redis);
    ROOKERY_ASSIGN(auto* pool, inputs.pools->pool(postgres.front().id));
    ROOKERY_ASSIGN(const auto connection, pool->lease(callDeadline()));
    ROOKERY_ASSIGN(const auto rows,
                   connection->execute("SELECT current_setting('server_version'), current_setting('fsync')",
                                       {}, callDeadline()));
    facts.postgresVersion = rows.text(0, 0);
    facts.postgresFsync = rows.text(0, 1);
    ROOKERY_ASSIGN(const auto info, redisInfo(run.redis(), redis.front().id, callDeadline()));
    facts.redisVersion = info.version;
    facts.postgresNodes = int(postgres.size());
    facts.redisNodes = int(redis.size());
    facts.logicalShards = run.map().shardCount;
    facts.workers = workersOf(run.monitor());
    return facts;
}

} // namespace app
