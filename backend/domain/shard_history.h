// What each logical shard did over time, for pictures of shard against time. Plain values.
#pragma once

#include "backend/domain/balance.h"

#include <cstddef>
#include <vector>

namespace backend {

// Columns at an even step, each the mean of its step. `at` holds their begins, ascending, `values` the shards
// of one column after those of the other; NaN where nothing is known.
struct ShardHistory
{
    BalanceMetric metric = BalanceMetric::Deliveries;
    Milliseconds step{1'000};
    int shards = 0;
    std::vector<TimePoint> at;
    std::vector<float> values; // at.size() × shards

    float value(std::size_t column, int shard) const
    {
        return values[column * std::size_t(shards) + std::size_t(shard)];
    }
};

} // namespace backend
