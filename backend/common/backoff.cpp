#include "backend/common/backoff.h"

#include <algorithm>

namespace backend {

std::chrono::milliseconds Backoff::wait(int attempt, std::mt19937_64& random) const
{
    const int doublings = std::clamp(attempt - 1, 0, 30);
    const auto whole = std::min<std::int64_t>(longest.count(), base.count() << doublings);
    return std::chrono::milliseconds(std::uniform_int_distribution<std::int64_t>(whole / 2, whole)(random));
}

} // namespace backend
