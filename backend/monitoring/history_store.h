// Keeps history beyond the process: rolls up what it is given at three resolutions and writes it to a file
// every ten seconds, on a thread of its own. A file that cannot be read or written costs history on disk,
// nothing else: problem() tells. The file belongs to one cluster, by its id, however that is called and
// wherever its configuration lies. Owned by the sampler; thread-safe.
#pragma once

#include "backend/common/clock.h"
#include "backend/common/periodic_thread.h"
#include "backend/common/result.h"
#include "backend/domain/event.h"
#include "backend/domain/history.h"
#include "backend/monitoring/history_file.h"
#include "backend/monitoring/history_series.h"

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

namespace backend {

class HistoryStore
{
public:
    HistoryStore(std::filesystem::path path, std::string clusterId, const WallClock& clock,
                 Milliseconds flushEvery = std::chrono::seconds(10));
    ~HistoryStore(); // writes what is left

    // The point of one second. Never waits for the file.
    void add(const HistoryPoint& point, const std::vector<std::string>& nodeNames);
    // What is known of [begin, end) at the finest step that reaches back to `begin` and has no more than
    // `most` points, at a multiple of the coarsest otherwise.
    [[nodiscard]] Result<HistoryRange> range(TimePoint begin, TimePoint end, int most,
                                             const std::vector<std::string>& nodeNames);
    // Of earlier processes, ascending; none when the file cannot be read: problem() tells.
    std::vector<Event> keptEvents();
    // Never waits for the file.
    void addEvents(const std::vector<Event>& events);
    // Why history is not on disk, or why another file was begun, and what to do; empty: all is well.
    std::string problem() const;
    // Writes what it was given so far. The same from any thread.
    Result<void> flush();

private:
    using Blocks = std::map<BlockKey, RollupBlock>;

    void openFile(const std::filesystem::path& damaged = {});
    Result<Blocks> begunBlocks(HistoryFile& file) const;
    void setProblem(const std::string& words);
    void roll(const std::string& series, double value, std::int64_t atMs);
    void bound();
    Result<Blocks> blocksOf(const Resolution& resolution, std::int64_t firstMs, std::int64_t endMs);
    const Resolution& resolutionFor(TimePoint begin, TimePoint end, int most) const;

    const std::filesystem::path m_path;
    const std::string m_clusterId;
    const WallClock& m_clock;

    mutable std::mutex m_mutex;     // guards the next five
    Blocks m_blocks;                // not written yet, or still growing
    std::vector<Event> m_newEvents; // not written yet
    std::shared_ptr<const HistoryPoint> m_before;
    std::string m_problem;
    std::string m_note;

    std::mutex m_fileMutex; // guards the next two; never taken while m_mutex is held
    std::unique_ptr<HistoryFile> m_file;
    std::int64_t m_prunedAt = 0; // ms

    std::unique_ptr<PeriodicThread> m_thread; // last: it uses all of the above
};

} // namespace backend
