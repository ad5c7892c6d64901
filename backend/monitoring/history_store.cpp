#include "backend/monitoring/history_store.h"

#include "backend/common/log.h"
#include "backend/monitoring/event_log.h"

#include <algorithm>
#include <array>

namespace backend {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBlocksAtMost = 50'000; // some 50 MB, when the disk is full for long
constexpr std::array<Milliseconds, 16> kNiceSteps{1s,    10s,   20s,   30s, 1min, 2min, 5min, 10min,
                                                  15min, 20min, 30min, 1h,  2h,   3h,   6h,   24h};
constexpr std::int64_t kPruneEveryMs = 3'600'000, kLateMs = 5'000;

std::int64_t millisecondsOf(TimePoint at)
{
    return std::chrono::floor<Milliseconds>(at).time_since_epoch().count();
}

std::int64_t blockMs(const Resolution& resolution)
{
    return resolution.step.count() * kBlockSteps;
}

// Nothing is added to it any more.
bool isOver(const BlockKey& key, std::int64_t nowMs)
{
    const auto resolution = std::find_if(kResolutions.begin(), kResolutions.end(),
                                         [&](const auto& r) { return r.id == key.resolution; });
    return key.start + blockMs(*resolution) + kLateMs <= nowMs;
}

// The resolution's step, or a round number of them of which no more than `most` points are told.
Milliseconds stepFor(const Resolution& resolution, std::int64_t beginMs, std::int64_t endMs, int most)
{
    for (const auto nice : kNiceSteps)
        if (nice % resolution.step == 0ms && (endMs - beginMs) / nice.count() <= most) return nice;
    return kNiceSteps.back();
}

struct Slot
{
    double min = 0, max = 0, sum = 0; // sum: of count values
    std::int64_t count = 0;

    void add(const RollupStep& step)
    {
        min = count == 0 ? double(step.min) : std::min(min, double(step.min));
        max = count == 0 ? double(step.max) : std::max(max, double(step.max));
        sum += double(step.mean) * step.count;
        count += step.count;
    }
};
using Series = std::map<TimePoint, std::map<std::string, double>>;

// By series, then by the begin of each step of which something is known.
std::map<std::string, std::map<std::int64_t, Slot>> rolledUp(const std::map<BlockKey, RollupBlock>& blocks,
                                                             const Resolution& resolution,
                                                             std::int64_t stepMs, std::int64_t beginMs,
                                                             std::int64_t endMs)
{
    std::map<std::string, std::map<std::int64_t, Slot>> out;
    for (const auto& [key, block] : blocks) {
        auto& slots = out[key.series];
        auto slot = slots.end(); // of the step before: mostly the same
        for (std::size_t i = 0; i < block.size(); ++i) {
            const auto atMs = key.start + std::int64_t(i) * resolution.step.count();
            if (block[i].count == 0 || atMs < beginMs || atMs >= endMs) continue;
            const auto startMs = atMs - atMs % stepMs;
            if (slot == slots.end() || slot->first != startMs) slot = slots.try_emplace(startMs).first;
            slot->second.add(block[i]);
        }
    }
    return out;
}

// Counts are summed up over time: what is not known of a step counts nothing.
bool isCount(const std::string& series)
{
    return series.starts_with("cache_");
}

} // namespace

HistoryStore::HistoryStore(std::filesystem::path path, std::string clusterId, const WallClock& clock,
                           Milliseconds flushEvery)
    : m_path(std::move(path))
    , m_clusterId(std::move(clusterId))
    , m_clock(clock)
{
    openFile();
    m_thread = std::make_unique<PeriodicThread>("history", flushEvery, [this](const std::stop_token&) {
        std::ignore = flush(); // problem() tells
    });
}

HistoryStore::~HistoryStore()
{
    m_thread.reset();
    std::ignore = flush();
}

// The blocks of now: steps that an earlier process began are continued.
Result<HistoryStore::Blocks> HistoryStore::begunBlocks(HistoryFile& file) const
{
    Blocks begun;
    const auto nowMs = millisecondsOf(m_clock.now());
    for (const auto& resolution : kResolutions) {
        ROOKERY_ASSIGN(auto found, file.read(resolution, nowMs - nowMs % blockMs(resolution), nowMs + 1));
        begun.merge(found);
    }
    return begun;
}

// Of the constructor, or with the file's mutex held. `damaged`: the file that was found so.
void HistoryStore::openFile(const std::filesystem::path& damaged)
{
    m_file.reset();
    auto file =
        damaged.empty() ? HistoryFile::open(m_path, m_clusterId) : HistoryFile::replace(damaged, m_clusterId);
    Result<Blocks> begun = Blocks();
    if (file) begun = begunBlocks(**file);
    if (!begun && begun.error().code == ErrorCode::Conflict && damaged.empty()) {
        const auto path = (*file)->path();
        file->reset();
        openFile(path);
        return;
    }
    const std::lock_guard lock(m_mutex);
    if (!file || !begun) {
        setProblem(file ? begun.error().message : file.error().message);
        return;
    }
    m_file = std::move(*file);
    m_blocks.merge(*begun);
    m_problem.clear();
    if (m_file->note().empty()) return;
    m_note = m_file->note();
    log::warning(m_note);
}

// With the mutex held.
void HistoryStore::setProblem(const std::string& words)
{
    if (m_problem != words) log::warning(words);
    m_problem = words;
}

std::string HistoryStore::problem() const
{
    const std::lock_guard lock(m_mutex);
    return m_problem.empty() ? m_note : m_problem;
}

void HistoryStore::add(const HistoryPoint& point, const std::vector<std::string>& nodeNames)
{
    const auto atMs = millisecondsOf(point.at);
    const std::lock_guard lock(m_mutex);
    for (const auto& [series, value] : seriesOf(point, nodeNames, m_before.get()))
        roll(series, value, atMs);
    m_before = std::make_shared<const HistoryPoint>(point);
}

void HistoryStore::roll(const std::string& series, double value, std::int64_t atMs)
{
    for (const auto& resolution : kResolutions) {
        const auto start = atMs - atMs % blockMs(resolution);
        auto& block = m_blocks[{resolution.id, series, start}];
        block[std::size_t((atMs - start) / resolution.step.count())].add(value);
    }
}

void HistoryStore::bound()
{
    while (m_blocks.size() > kBlocksAtMost) {
        const auto oldest =
            std::min_element(m_blocks.begin(), m_blocks.end(),
                             [](const auto& a, const auto& b) { return a.first.start < b.first.start; });
        m_blocks.erase(oldest);
    }
}

Result<void> HistoryStore::flush()
{
    const std::lock_guard fileLock(m_fileMutex);
    if (!m_file) openFile();
    Blocks blocks;
    std::vector<Event> events;
    {
        const std::lock_guard lock(m_mutex);
        bound();
        if (!m_file) return fail(ErrorCode::Unavailable, m_problem, true);
        blocks = m_blocks;
        events = m_newEvents;
    }
    const auto nowMs = millisecondsOf(m_clock.now());
    auto done = m_file->write(blocks);
    if (done) done = m_file->writeEvents(events);
    if (done && nowMs - m_prunedAt >= kPruneEveryMs) {
        done = m_file->prune(nowMs);
        m_prunedAt = nowMs;
    }
    if (!done && done.error().code == ErrorCode::Conflict) {
        openFile(std::filesystem::path(m_file->path()));
        if (m_file) done = m_file->write(blocks);
        if (m_file && done) done = m_file->writeEvents(events);
    }
    const std::lock_guard lock(m_mutex);
    if (!done) {
        setProblem(done.error().message);
        return done;
    }
    m_problem.clear();
    m_newEvents.erase(m_newEvents.begin(),
                      m_newEvents.begin() + std::ptrdiff_t(std::min(events.size(), m_newEvents.size())));
    // What has grown since stays; blocks that are over and written go.
    for (const auto& [key, block] : blocks)
        if (isOver(key, nowMs)) m_blocks.erase(key);
    return {};
}

const Resolution& HistoryStore::resolutionFor(TimePoint begin, TimePoint end, int most) const
{
    const auto age = m_clock.now() - begin;
    for (const auto& resolution : kResolutions)
        if (age <= resolution.kept + 1min && (end - begin) / resolution.step <= most) return resolution;
    return kResolutions.back();
}

// Of the file and of what is not written yet.
Result<HistoryStore::Blocks> HistoryStore::blocksOf(const Resolution& resolution, std::int64_t firstMs,
                                                    std::int64_t endMs)
{
    Blocks blocks;
    {
        const std::lock_guard fileLock(m_fileMutex);
        if (m_file) {
            ROOKERY_ASSIGN(blocks, m_file->read(resolution, firstMs, endMs));
        }
    }
    const std::lock_guard lock(m_mutex);
    for (const auto& [key, block] : m_blocks) {
        if (key.resolution != resolution.id || key.start < firstMs || key.start >= endMs) continue;
        auto newest = block;
        if (const auto old = blocks.find(key); old != blocks.end()) fillFrom(newest, old->second);
        blocks[key] = newest;
    }
    return blocks;
}

Result<HistoryRange> HistoryStore::range(TimePoint begin, TimePoint end, int most,
                                         const std::vector<std::string>& nodeNames)
{
    const auto& resolution = resolutionFor(begin, end, most);
    const auto beginMs = millisecondsOf(begin), endMs = millisecondsOf(end);
    ROOKERY_ASSIGN(const auto blocks, blocksOf(resolution, beginMs - beginMs % blockMs(resolution), endMs));
    HistoryRange out;
    out.step = stepFor(resolution, beginMs, endMs, most);
    const bool rolled = out.step != kResolutions.front().step;
    Series mean, min, max;
    for (const auto& [series, slots] : rolledUp(blocks, resolution, out.step.count(), beginMs, endMs))
        for (const auto& [startMs, slot] : slots) {
            const TimePoint at{Milliseconds(startMs)};
            const double known = rolled && isCount(series)
                                     ? std::min(1.0, double(slot.count) * 1'000 / double(out.step.count()))
                                     : 1;
            mean[at][series] = slot.sum / double(slot.count) * known;
            if (!rolled) continue;
            min[at][series] = slot.min;
            max[at][series] = slot.max;
        }
    const double seconds = std::chrono::duration<double>(out.step).count();
    out.mean = pointsOf(mean, nodeNames, seconds);
    out.min = pointsOf(min, nodeNames, seconds);
    out.max = pointsOf(max, nodeNames, seconds);
    return out;
}

std::vector<Event> HistoryStore::keptEvents()
{
    const std::lock_guard fileLock(m_fileMutex);
    if (!m_file) return {};
    auto events = m_file->readEvents();
    if (!events) {
        const std::lock_guard lock(m_mutex);
        setProblem(events.error().message);
        return {};
    }
    // Not those that the next pruning will drop.
    const auto oldest = m_clock.now() - EventLog::kKept;
    std::erase_if(*events, [&](const auto& event) { return event.key.at < oldest; });
    return std::move(*events);
}

void HistoryStore::addEvents(const std::vector<Event>& events)
{
    const std::lock_guard lock(m_mutex);
    m_newEvents.insert(m_newEvents.end(), events.begin(), events.end());
    if (m_newEvents.size() > EventLog::kMost)
        m_newEvents.erase(m_newEvents.begin(), m_newEvents.end() - std::ptrdiff_t(EventLog::kMost));
}

} // namespace backend
