// Warm and dormant readers. The truth is (warm, generation) in the reader's own row; each `followers` row
// carries a copy, replaced only by a higher generation. Who becomes dormant is told to the copies by a task;
// who returns tells them before the timeline is built. Stateless; each call uses the caller's session.
#pragma once

#include "backend/domain/ids.h"
#include "backend/store/shard_sql.h"

#include <optional>
#include <span>
#include <vector>

namespace backend {

struct ReaderState
{
    UserId reader;
    bool warm = true;
    std::int64_t generation = 1; // grows with every change of warm
    std::int64_t copied = 1;     // the generation that all copies are known to have
};

class ReaderStore
{
public:
    // Those that exist, in no order.
    [[nodiscard]] static Result<std::vector<ReaderState>>
    load(SqlSession& session, std::span<const UserId> readers, Deadline deadline);
    // Warm from now on, and seen now. Empty when there is no such reader, or its account was
    // deleted.
    [[nodiscard]] static Result<std::optional<ReaderState>> wake(SqlSession& session, UserId reader,
                                                                 Deadline deadline);
    // Warm readers of a shard with ids above `after` that were not seen for so long, ascending.
    [[nodiscard]] static Result<std::vector<UserId>> idle(SqlSession& session, int shard, Milliseconds unseen,
                                                          UserId after, int limit, Deadline deadline);
    // Marks those dormant that still are idle, with a reader_changed task each, in one transaction. Readers
    // of one shard. Returns how many.
    [[nodiscard]] static Result<std::int64_t>
    makeDormant(SqlSession& session, std::span<const UserId> readers, Milliseconds unseen, Deadline deadline);
    // Brings all copies up to the given states, and notes that they are.
    [[nodiscard]] static Result<void> copy(SqlSession& session, std::span<const ReaderState> states,
                                           Deadline deadline);
};

} // namespace backend
