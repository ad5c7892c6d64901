#include "backend/fanout/reader_handlers.h"

#include "backend/cache/pulled_followees.h"
#include "backend/common/fault_points.h"
#include "backend/common/task_payloads.h"
#include "backend/fanout/outcomes.h"
#include "backend/store/reader_store.h"

#include <set>

namespace backend {
namespace {

constexpr Milliseconds kDropAgain = kReadingsHold + Milliseconds(2'000);

Result<std::set<UserId>> makeThemDormant(FanoutContext& context, std::span<const UserId> readers,
                                         Deadline deadline)
{
    ROOKERY_ASSIGN(const auto states, ReaderStore::load(context.sql, readers, deadline));
    std::vector<ReaderState> behind;
    std::set<UserId> dormant;
    for (const auto& state : states) {
        if (state.copied < state.generation) behind.push_back(state);
        if (!state.warm) dormant.insert(state.reader);
    }
    ROOKERY_TRY(ReaderStore::copy(context.sql, behind, deadline));
    ROOKERY_FAULT_POINT("reader.copied");
    // Should one of them have returned meanwhile, its timeline is built once more: floor and entries go
    // together.
    RedisBatch batch(context.redis);
    const PulledFollowees pulled(context.maps);
    for (const auto reader : dormant) {
        context.timelines.addDrop(batch, TimelineFamily::Home, reader);
        pulled.drop(batch, reader);
    }
    ROOKERY_TRY(batch.run(deadline));
    ROOKERY_FAULT_POINT("reader.dropped");
    return dormant;
}

} // namespace

std::vector<TaskOutcome> handleReaderChanged(FanoutContext& context, std::span<const Task> tasks,
                                             Deadline deadline)
{
    return handleAll<ReaderPayload>(tasks, [&](const auto& payloads, auto& outcomes) -> Result<void> {
        std::vector<UserId> readers;
        for (const auto& payload : payloads)
            if (payload) readers.push_back(payload->reader);
        ROOKERY_ASSIGN(const auto dormant, makeThemDormant(context, readers, deadline));
        for (std::size_t i = 0; i < tasks.size(); ++i)
            if (payloads[i] && !payloads[i]->again && dormant.contains(payloads[i]->reader))
                outcomes[i].children.push_back({TaskKind::ReaderChanged, tasks[i].shard,
                                                encode(ReaderPayload{payloads[i]->reader, true}),
                                                Milliseconds(0), kDropAgain});
        return {};
    });
}

Result<void> voidReader(FanoutContext& context, const Task& task, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto payload, decodePayload<ReaderPayload>(task.payload));
    return voidHome(context, payload.reader, deadline);
}

Result<void> voidHome(FanoutContext& context, UserId reader, Deadline deadline)
{
    RedisBatch batch(context.redis);
    context.timelines.voidFloor(batch, TimelineFamily::Home, reader);
    return batch.run(deadline);
}

} // namespace backend
