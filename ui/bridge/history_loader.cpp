#include "ui/bridge/history_loader.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"

#include <algorithm>
#include <utility>

namespace ui {
namespace {

constexpr int kPointsOfWindow = 720;       // more than a chart has pixels for would be drawn for nothing
constexpr std::chrono::seconds kFresh{30}; // how far the newest part of a long window may lag behind

} // namespace

HistoryLoader::HistoryLoader(EngineBridge& bridge, TimeRange& range, QObject* parent)
    : QObject(parent)
    , m_bridge(bridge)
    , m_range(range)
{
    connect(&bridge, &EngineBridge::stateChanged, this, &HistoryLoader::begin);
    connect(&range, &TimeRange::moved, this, &HistoryLoader::follow);
    connect(&range, &TimeRange::reachChanged, this, &HistoryLoader::follow);
    begin();
}

// Whether history is kept on disk decides what can be chosen.
void HistoryLoader::begin()
{
    m_loadedSpan = TimeRange::Span(0);
    m_error.clear();
    if (m_bridge.state() != EngineBridge::State::Open) {
        m_range.setReach(TimeRange::kLongest);
        return;
    }
    m_bridge.call(
        this, [](backend::Engine& engine) { return requests::historyKept(engine); },
        [this](const backend::Result<bool>& kept) {
            if (kept && *kept)
                m_range.setReach(TimeRange::kKept);
            else if (kept)
                m_range.setReach(
                    TimeRange::kLongest,
                    tr("Only the last hour is known: this session keeps no history on disk. A demo "
                       "started with --data DIR keeps it for 30 days."));
            else if (kept.error().code != backend::ErrorCode::Cancelled)
                m_range.setReach(TimeRange::kLongest,
                                 tr("Only the last hour is known: the history on disk cannot be read. %1")
                                     .arg(QString::fromStdString(kept.error().message)));
        });
}

void HistoryLoader::follow()
{
    if (m_bridge.state() != EngineBridge::State::Open || m_loading) return;
    if (m_bridge.knowsBySecond(m_range.begin()) || enough()) return;
    load();
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
    m_bridge.call(
        this,
        [from, to, most](backend::Engine& engine) { return requests::historyRange(engine, from, to, most); },
        [this, from, to, span](backend::Result<backend::HistoryRange> range) {
            m_loading = false;
            if (!range && range.error().code == backend::ErrorCode::Cancelled) return; // another session
            m_error = range ? QString() : QString::fromStdString(range.error().message);
            m_loadedFrom = from;
            m_loadedTo = to;
            m_loadedSpan = span;
            m_loadedAt = std::chrono::steady_clock::now(); // a failure is not tried again at once, either
            m_bridge.setReadingHistory(false);
            m_bridge.setRolledUp(range ? std::move(*range) : backend::HistoryRange());
            emit changed();
            follow(); // the window may have moved meanwhile
        });
}

} // namespace ui
