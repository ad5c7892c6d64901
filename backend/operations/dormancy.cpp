#include "backend/operations/dormancy.h"

#include "backend/common/fault_points.h"
#include "backend/common/log.h"
#include "backend/operations/directory_lock.h"
#include "backend/store/reader_store.h"

#include <algorithm>
#include <thread>

namespace backend {
namespace {

constexpr Milliseconds kDormancyCall{2'000}; // a stop waits for one call at most
constexpr int kDormantAtOnce = 100;
constexpr std::int64_t kDormancyLock = 0x726f6f6b646f72; // of the directory's advisory locks

} // namespace

Dormancy::Dormancy(const FeedServices& services, Directory& directory, DormancySettings settings)
    : m_services(services)
    , m_directory(directory)
    , m_settings(settings)
    , m_thread("dormancy", settings.every, [this](const std::stop_token& stop) { step(stop); })
{
}

void Dormancy::step(const std::stop_token& stop)
{
    if (m_settings.unseen.count() == 0) return;
    const auto deadline = Deadline::after(kDormancyCall);
    const auto lock = DirectoryLock::tryTake(m_directory.pool(), kDormancyLock, deadline);
    if (!lock) return; // another engine is at it
    const auto done = round(stop);
    if (!done && !stop.stop_requested())
        log::warning("looking for dormant readers goes on later: " + done.error().message);
    if (done && *done > 0) log::info(std::to_string(*done) + " readers became dormant");
}

Result<std::int64_t> Dormancy::round(const std::stop_token& stop)
{
    std::int64_t total = 0;
    for (int shard = 0; shard < m_services.maps.current()->shardCount; ++shard) {
        ROOKERY_ASSIGN(const auto some, ofShard(shard, stop));
        total += some;
    }
    return total;
}

// Floor first: who comes now builds, and by that is seen, so that the mark passes by. What a build had read
// before cannot be published any more once the task has dropped the timeline.
Result<std::int64_t> Dormancy::ofShard(int shard, const std::stop_token& stop)
{
    std::int64_t total = 0;
    for (UserId after;;) {
        if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "the engine stops");
        const auto deadline = Deadline::after(kDormancyCall);
        std::vector<UserId> readers;
        {
            SqlSession sql(m_services.pools, m_services.maps);
            ROOKERY_ASSIGN(readers,
                           ReaderStore::idle(sql, shard, m_settings.unseen, after, kDormantAtOnce, deadline));
            if (readers.empty()) return total;
            ROOKERY_ASSIGN(auto redis, m_services.redis.lease(deadline));
            RedisBatch batch(*redis);
            for (const auto reader : readers)
                m_services.timelines.voidFloor(batch, TimelineFamily::Home, reader);
            ROOKERY_TRY(batch.run(deadline));
            ROOKERY_FAULT_POINT("reader.voided");
            ROOKERY_ASSIGN(const auto marked,
                           ReaderStore::makeDormant(sql, readers, m_settings.unseen, deadline));
            ROOKERY_FAULT_POINT("reader.marked");
            total += marked;
        }
        m_services.enqueued();
        after = readers.back();
        const auto pause = std::chrono::milliseconds(1'000 * std::int64_t(readers.size()) /
                                                     std::max(m_settings.readersPerSecond, 1));
        for (auto left = pause; left.count() > 0 && !stop.stop_requested(); left -= Milliseconds(50))
            std::this_thread::sleep_for(std::min(left, Milliseconds(50)));
    }
}

} // namespace backend
