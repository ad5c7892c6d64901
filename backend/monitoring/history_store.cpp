#include "backend/monitoring/history_store.h"

#include "backend/common/log.h"

#include <algorithm>

namespace backend {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBlocksAtMost = 50'000; // some 50 MB, when the disk is full for long
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

} // namespace

HistoryStore::HistoryStore(std::filesystem::path path, const WallClock& clock, Milliseconds flushEvery)
    : m_path(std::move(path))
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

// Of the constructor, or with the file's mutex held.
void HistoryStore::openFile(bool damaged)
{
    m_file.reset();
    auto file = damaged ? HistoryFile::replace(m_path) : HistoryFile::open(m_path);
    Result<Blocks> begun = Blocks();
    if (file) begun = begunBlocks(**file);
    if (!begun && begun.error().code == ErrorCode::Conflict && !damaged) {
        file->reset();
        openFile(true);
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
    if (m_file->setAside().empty()) return;
    m_setAside =
        "the history file was damaged and a new one begun; the old one is kept as " + m_file->setAside();
    log::warning(m_setAside);
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
    return m_problem.empty() ? m_setAside : m_problem;
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
    {
        const std::lock_guard lock(m_mutex);
        bound();
        if (!m_file) return fail(ErrorCode::Unavailable, m_problem, true);
        blocks = m_blocks;
    }
    const auto nowMs = millisecondsOf(m_clock.now());
    auto done = m_file->write(blocks);
    if (done && nowMs - m_prunedAt >= kPruneEveryMs) {
        done = m_file->prune(nowMs);
        m_prunedAt = nowMs;
    }
    if (!done && done.error().code == ErrorCode::Conflict) {
        openFile(true);
        if (m_file) done = m_file->write(blocks);
    }
    const std::lock_guard lock(m_mutex);
    if (!done) {
        setProblem(done.error().message);
        return done;
    }
    m_problem.clear();
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

Result<HistoryRange> HistoryStore::range(TimePoint begin, TimePoint end, int most,
                                         const std::vector<std::string>& nodeNames)
{
    const auto& resolution = resolutionFor(begin, end, most);
    const auto beginMs = millisecondsOf(begin), endMs = millisecondsOf(end);
    const auto firstBlock = beginMs - beginMs % blockMs(resolution);
    Blocks blocks;
    {
        const std::lock_guard fileLock(m_fileMutex);
        if (m_file) {
            ROOKERY_ASSIGN(blocks, m_file->read(resolution, firstBlock, endMs));
        }
    }
    {
        const std::lock_guard lock(m_mutex);
        for (const auto& [key, block] : m_blocks) {
            if (key.resolution != resolution.id || key.start < firstBlock || key.start >= endMs) continue;
            auto newest = block;
            if (const auto old = blocks.find(key); old != blocks.end()) fillFrom(newest, old->second);
            blocks[key] = newest;
        }
    }
    std::map<TimePoint, std::map<std::string, double>> mean, min, max;
    for (const auto& [key, block] : blocks)
        for (std::size_t i = 0; i < block.size(); ++i) {
            const auto atMs = key.start + std::int64_t(i) * resolution.step.count();
            if (block[i].count == 0 || atMs < beginMs || atMs >= endMs) continue;
            const TimePoint at{Milliseconds(atMs)};
            mean[at][key.series] = double(block[i].mean);
            if (resolution.step == 1s) continue;
            min[at][key.series] = double(block[i].min);
            max[at][key.series] = double(block[i].max);
        }
    const double seconds = std::chrono::duration<double>(resolution.step).count();
    HistoryRange out;
    out.step = resolution.step;
    out.mean = pointsOf(mean, nodeNames, seconds);
    out.min = pointsOf(min, nodeNames, seconds);
    out.max = pointsOf(max, nodeNames, seconds);
    return out;
}

} // namespace backend
