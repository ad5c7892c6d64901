// Accounts that were deleted. Plain values.
#pragma once

#include "backend/domain/ids.h"

#include <optional>
#include <string>

namespace backend {

// How far a deleted account is taken apart. Hidden it is from the beginning.
struct AccountDeletion
{
    UserId user;
    std::string handle;                // empty once it is free again
    TimePoint askedAt;                 // by the directory's clock, when its first task ran
    std::int64_t edges = 0, posts = 0; // ended and deleted by now
    std::optional<TimePoint> finishedAt;
};

} // namespace backend
