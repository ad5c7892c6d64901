#include "ui/bridge/history_loader.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"

#include <algorithm>
#include <utility>

namespace ui {
namespace {

constexpr int kPointsOfWindow = 720;       // more than a chart has pixels for would be drawn for nothing
constexpr std::chrono::seconds kFresh{30}; // how far the newest part of a long window may lag behind
constexpr std::chrono::milliseconds kFirstRetry{2'000}, kLastRetry{60'000}; // each twice the one before

} // namespace

HistoryLoader::HistoryLoader(EngineBridge& bridge, TimeRange& range, QObject* parent)
    : QObject(parent)
    , m_bridge(bridge)
    , m_range(range)
    , m_retryAfter(kFirstRetry)
{
    m_retry.setSingleShot(true);
    connect(&m_retry, &QTimer::timeout, this, &HistoryLoader::follow);
    connect(&bridge, &EngineBridge::stateChanged, this, &HistoryLoader::begin);
    connect(&range, &TimeRange::moved, this, &HistoryLoader::follow);
    connect(&range, &TimeRange::reachChanged, this, &HistoryLoader::follow);
    begin();
}

// Whether history is kept on disk decides what can be chosen.
void HistoryLoader::begin()
{
    m_asking.cancel(); // of another session, which may hang
    m_reading.cancel();
    m_loading = false;
    m_loadedSpan = TimeRange::Span(0);
    m_error.clear();
    m_retry.stop();
    m_retryAfter = kFirstRetry;
    if (m_bridge.state() != EngineBridge::State::Open) {
        m_range.setReach(TimeRange::kLongest);
        return;
    }
    m_asking = m_bridge.call(
        this, [](backend::Engine& engine) { return requests::historyKept(engine); },
        [this](const backend::Result<bool>& kept) {
            if (kept && *kept)
                m_range.setReach(TimeRange::kKept);
            else if (kept)
                m_range.setReach(TimeRange::kLongest,
                                 tr("Only the last hour is known: this session keeps no history on disk."));
            else
                m_range.setReach(TimeRange::kLongest,
                                 tr("Only the last hour is known: the history on disk cannot be read. %1")
                                     .arg(QString::fromStdString(kept.error().message)));
        });
}

void HistoryLoader::follow()
{
    if (m_bridge.state() != EngineBridge::State::Open || m_loading) return;
    if (m_bridge.knowsBySecond(m_range.begin()) || enough()) return;
    // What failed waits; another part of the past is worth a try at once.
    const bool same = m_range.live() || (m_range.begin() == m_failedFrom && m_range.end() == m_failedTo);
    if (m_retry.isActive() && same) return;
    load();
}

void HistoryLoader::refresh()
{
    if (m_loading) return;
    m_retry.stop();
    m_loadedSpan = TimeRange::Span(0);
    follow();
}

// What was read is of this window, at a step that suits it, but for its newest part.
bool HistoryLoader::covers() const
{
    const auto span = m_range.span();
    return m_loadedSpan >= span / 2 && m_loadedSpan <= span * 2 && m_range.begin() >= m_loadedFrom &&
           (m_range.live() || m_range.end() <= m_loadedTo);
}

bool HistoryLoader::enough() const
{
    if (!covers()) return false;
    return m_range.end() <= m_loadedTo || std::chrono::steady_clock::now() - m_loadedAt < kFresh;
}

void HistoryLoader::load()
{
    m_loading = true;
    if (!covers()) {
        m_bridge.setReadingHistory(true);
        emit changed();
    }
    const auto span = m_range.span();
    // A part of the past may be dragged about; the newest has nothing after it.
    const auto margin = m_range.chosen() ? span / 2 : span / 10;
    const auto from = m_range.begin() - margin, to = m_range.end() + std::chrono::seconds(1) +
                                                     (m_range.chosen() ? margin : TimeRange::Span(0));
    const int most = int(kPointsOfWindow * double((to - from).count()) / double(span.count()));
    // Nothing later is known yet: a window that reaches there is not covered by this reading.
    const auto newest =
        m_bridge.snapshot() ? std::max(m_bridge.snapshot()->takenAt, m_range.end()) : m_range.end();
    const auto knownTo = std::min(to, newest);
    m_reading = m_bridge.call(
        this,
        [from, to, most](backend::Engine& engine) { return requests::historyRange(engine, from, to, most); },
        [this, from, knownTo, span, begin = m_range.begin(),
         end = m_range.end()](backend::Result<backend::HistoryRange> range) {
            m_loading = false;
            m_bridge.setReadingHistory(false);
            m_loadedFrom = from;
            m_loadedTo = knownTo;
            m_loadedSpan = range ? span : TimeRange::Span(0);
            m_failedFrom = begin;
            m_failedTo = end;
            if (range)
                take(std::move(*range));
            else
                failed(QString::fromStdString(range.error().message));
            emit changed();
            follow(); // the window may have moved meanwhile
        });
}

void HistoryLoader::take(backend::HistoryRange range)
{
    m_error.clear();
    m_retry.stop();
    m_retryAfter = kFirstRetry;
    m_loadedAt = std::chrono::steady_clock::now();
    m_bridge.setRolledUp(std::move(range));
}

void HistoryLoader::failed(const QString& why)
{
    m_error = why;
    m_bridge.setRolledUp({});
    m_retry.start(m_retryAfter);
    m_retryAfter = std::min(2 * m_retryAfter, kLastRetry);
}

} // namespace ui
