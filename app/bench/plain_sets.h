// The other side of the comparison: one plain sorted set per reader, on the same Redis node as the reader's
// timeline, with as many entries, scores ascending in time. Dropped with drop(). One thread.
#pragma once

#include "app/bench/bench_run.h"

#include <functional>
#include <span>
#include <vector>

namespace app {

class PlainSets
{
public:
    // Filled by the bare pipeline, entry after entry into all sets, as real ones grow.
    [[nodiscard]] static backend::Result<PlainSets>
    make(BenchRun& run, std::span<const backend::UserId> readers, int entries);

    std::span<const backend::PlainKey> keys() const { return m_keys; }
    // The next so many entries, above all before.
    std::vector<backend::PlainEntry> nextEntries(int count);
    // The first `count` back to their first size, so that rounds do not grow the sets. The oldest go.
    [[nodiscard]] backend::Result<void> trim(BenchRun& run, std::size_t count) const;
    [[nodiscard]] backend::Result<void> drop(BenchRun& run);

private:
    backend::Result<void>
    forFirst(BenchRun& run, std::size_t count,
             const std::function<void(backend::RedisBatch&, const backend::PlainKey&)>& add) const;

    std::vector<backend::PlainKey> m_keys;
    int m_entries = 0;
    std::int64_t m_lastMs = 0;
};

} // namespace app
