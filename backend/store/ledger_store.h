// Rows of the delivery ledger, written in the transaction that ends the task, once per (post, chunk). Pure
// builder.
#pragma once

#include "backend/common/sql.h"
#include "backend/domain/ledger.h"

namespace backend {

struct LedgerRow
{
    PostId post;
    int chunk = 0;
    FanoutMode mode = FanoutMode::Push;
    int chunks = 0; // on chunk 0: rows of the post in all
    std::int64_t audience = 0, dormant = 0, pushed = 0, unfollowed = 0, deleted = 0, pulled = 0, failed = 0;
    UserId lastReader;
    std::int64_t committedUnixUs = 0;
    std::optional<TimePoint> plannedAt; // when the audience was read; empty: now
    std::optional<TimePoint> firstAt, lastAt;
    std::int64_t task = 0; // that writes it, on the row's node
    std::string worker;    // workerName
};

SqlStatement ledgerStatement(const LedgerRow& row);
// Adds the readers of this row to those of the post's first one, which is there: the author, who came later.
SqlStatement ledgerLateStatement(const LedgerRow& row);

} // namespace backend
