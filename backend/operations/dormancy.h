// Looks for readers nobody has seen for long and makes them dormant: they cost no memory and no command until
// they return. One engine of a cluster at a time, by a lock in the directory. Owned by the engine, on a
// thread of its own; may be killed anywhere: who is half-way is finished by a task, or by returning.
#pragma once

#include "backend/cluster/directory.h"
#include "backend/common/periodic_thread.h"
#include "backend/feed/feed_services.h"

namespace backend {

struct DormancySettings
{
    std::chrono::hours unseen{24 * 30}; // this long; 0: nobody ever is
    Milliseconds every{600'000};        // between two rounds over all shards
    int readersPerSecond = 200;
};

class Dormancy
{
public:
    Dormancy(const FeedServices& services, Directory& directory, DormancySettings settings);

    // Of several such threads first all, then destroy: they end side by side.
    void requestStop() { m_thread.requestStop(); }

private:
    // How many readers became dormant.
    Result<std::int64_t> round(const std::stop_token& stop);
    Result<std::int64_t> ofShard(int shard, const std::stop_token& stop);
    void step(const std::stop_token& stop);

    const FeedServices& m_services;
    Directory& m_directory;
    const DormancySettings m_settings;
    PeriodicThread m_thread; // last: it uses all of the above
};

} // namespace backend
