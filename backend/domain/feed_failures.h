// Calls of the Feed that let their caller down: which, why, and how many lately. Plain values.
#pragma once

#include "backend/domain/error.h"
#include "backend/domain/ids.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace backend {

enum class FailureReason { DeadlineExceeded, Unavailable, Overloaded, Other /* disk full, no rights … */ };
inline constexpr std::array<std::string_view, 4> kFailureReasonNames{
    "deadline exceeded", "a node does not answer", "overloaded", "other errors"};

// By reason: index = int(FailureReason).
using FailureCounts = std::array<std::int64_t, kFailureReasonNames.size()>;

// Empty: the caller's own doing (wrong input, no such user, a read-only engine), or nobody waits any more.
std::optional<FailureReason> failureReason(ErrorCode code);

constexpr std::int64_t sumOf(const FailureCounts& counts)
{
    std::int64_t sum = 0;
    for (const auto count : counts)
        sum += count;
    return sum;
}

// So many calls of one kind fail (or pages lack something) that somebody should look. Of the last ten seconds.
struct CallTrouble
{
    double share = 0; // of all such calls, 0 … 1
    double perSecond = 0;
    FailureReason mostly = FailureReason::Other; // of most of them; says nothing of incomplete pages
    TimePoint since;

    bool operator==(const CallTrouble&) const = default;
};

} // namespace backend
