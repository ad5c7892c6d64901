// Builds again what a Redis node has lost: the home and author timelines of warm readers, those seen last
// first, their counters and profiles, the public timelines of its logical shards, and of all these timelines
// the posts of the first page with their authors, so many readers a second, while everybody reads on through
// PostgreSQL. It looks at what each node holds, not at a plan: whoever goes on after an engine died skips
// what is there, and has timelines that were left short brought to their full depth. One engine of a cluster
// at a time, by a lock in the directory. Owned by the engine; thread-safe.
#pragma once

#include "backend/cluster/directory.h"
#include "backend/common/periodic_thread.h"
#include "backend/domain/restore.h"
#include "backend/feed/timeline_builder.h"

#include <atomic>
#include <map>
#include <mutex>
#include <vector>

namespace backend {

struct RestorerSettings
{
    int readersPerSecond = 500;
    Milliseconds every{5'000};        // between two looks whether a node began another life
    Milliseconds sweepEvery{300'000}; // and between two looks at everything
};

class Restorer
{
public:
    Restorer(const FeedServices& services, Directory& directory, TimelineBuilder& builder,
             RestorerSettings settings);

    // Of several such threads first all, then destroy: they end side by side.
    void requestStop() { m_thread.requestStop(); }

    // Of the sweep under way, or of the last one that had anything to do.
    RestoreProgress progress() const;

private:
    struct Sweep;
    void step(const std::stop_token& stop);
    std::vector<int> changedNodes(Deadline deadline);
    Result<void> sweepAll(const std::vector<int>& nodes, const std::stop_token& stop);
    Result<void> sweepReaders(Sweep& sweep, int shard, std::size_t window);
    Result<void> restore(Sweep& sweep, const std::vector<UserId>& readers);
    Result<std::vector<UserId>> missing(const std::vector<UserId>& readers, Deadline deadline);
    Result<void> fillObjects(TimelineFamily family, UserId owner, Deadline deadline);
    Result<void> restoreOne(Sweep& sweep, TimelineFamily family, UserId owner);
    void addProgress(const Sweep& sweep, std::int64_t looked, std::int64_t restored);
    void publish(bool running);

    const FeedServices& m_services;
    Directory& m_directory;
    TimelineBuilder& m_builder;
    const RestorerSettings m_settings;
    std::map<int, std::string> m_lives; // run_id by node; of the thread
    std::chrono::steady_clock::time_point m_sweptAt{};
    mutable std::mutex m_mutex;
    RestoreProgress m_progress;
    PeriodicThread m_thread; // last: it uses all of the above
};

} // namespace backend
