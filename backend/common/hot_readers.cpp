#include "backend/common/hot_readers.h"

#include <algorithm>

namespace backend {

HotReaderCounts::HotReaderCounts(Clock::time_point begin)
    : m_begin(begin)
{
}

void HotReaderCounts::Period::add(UserId reader)
{
    ++total;
    const auto found = std::find_if(counters.begin(), counters.end(),
                                    [reader](const Counter& c) { return c.reader == reader; });
    if (found != counters.end()) {
        ++found->count;
        return;
    }
    if (counters.size() < kCounters) {
        counters.push_back({reader, 1, 0});
        return;
    }
    // The smallest is taken over with its count, which the newcomer may have had in the meantime.
    const auto smallest =
        std::min_element(counters.begin(), counters.end(),
                         [](const Counter& a, const Counter& b) { return a.count < b.count; });
    *smallest = {reader, smallest->count + 1, smallest->count};
}

const HotReaderCounts::Counter* HotReaderCounts::Period::find(UserId reader) const
{
    for (const auto& counter : counters)
        if (counter.reader == reader) return &counter;
    return nullptr;
}

std::int64_t HotReaderCounts::Period::leastCount() const
{
    if (counters.size() < kCounters) return 0;
    std::int64_t least = counters.front().count;
    for (const auto& counter : counters)
        least = std::min(least, counter.count);
    return least;
}

void HotReaderCounts::Shard::advanceTo(std::int64_t period)
{
    if (period <= number) return;
    before = period == number + 1 ? std::move(present) : Period{};
    present = {};
    number = period;
}

void HotReaderCounts::add(UserId reader, Clock::time_point now)
{
    const int shard = reader.shard();
    const std::lock_guard lock(mutexOf(shard));
    auto& kept = m_shards[std::size_t(shard)];
    if (!kept) kept = std::make_unique<Shard>();
    kept->advanceTo(periodOf(now));
    kept->present.add(reader);
}

HotReaderCounts::View HotReaderCounts::of(int shard, Clock::time_point now) const
{
    const auto period = periodOf(now);
    View out;
    out.since = m_begin + std::max<std::int64_t>(0, period - 1) * kPeriod;
    const std::lock_guard lock(mutexOf(shard));
    auto& kept = m_shards[std::size_t(shard)];
    if (!kept) return out;
    kept->advanceTo(period);
    const Period* periods[] = {&kept->present, &kept->before};
    const auto add = [&](UserId reader) {
        Reader sum{reader};
        for (const auto* one : periods) {
            const auto* counter = one->find(reader);
            sum.atLeast += counter ? counter->count - counter->over : 0;
            sum.atMost += counter ? counter->count : one->leastCount();
        }
        if (sum.atLeast > 0) out.readers.push_back(sum);
    };
    for (const auto& counter : kept->present.counters)
        add(counter.reader);
    for (const auto& counter : kept->before.counters)
        if (!kept->present.find(counter.reader)) add(counter.reader);
    out.total = kept->present.total + kept->before.total;
    std::sort(out.readers.begin(), out.readers.end(), [](const Reader& a, const Reader& b) {
        return a.atLeast != b.atLeast ? a.atLeast > b.atLeast : a.reader < b.reader;
    });
    return out;
}

} // namespace backend
