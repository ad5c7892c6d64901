#include "ui/pages/timeline_loader.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"
#include "ui/models/timeline_model.h"

#include <algorithm>
#include <utility>

namespace ui {
namespace {

constexpr int kTimelinePageSize = 50;
constexpr int kRefreshPageSize = 200;
constexpr int kRefreshPages = 5; // beyond these a refresh starts the list anew

// How much time the look upwards takes in at once, at least, at first where nothing tells, and at most.
constexpr backend::Milliseconds kLeastSpan{1};
constexpr backend::Milliseconds kFirstSpan{std::chrono::hours(1)};
constexpr backend::Milliseconds kMostSpan{std::chrono::hours(24 * 366)};
constexpr std::chrono::seconds kAhead{5}; // ids may lie a little ahead of our clock

backend::TimePoint now()
{
    return std::chrono::time_point_cast<backend::TimePoint::duration>(std::chrono::system_clock::now());
}

// Looking at somebody's timeline does not make them a reader who came.
backend::PageQuery lookAt(std::optional<backend::PostId> before, int limit)
{
    return {before, std::nullopt, limit, true};
}

} // namespace

backend::PostId firstIdAt(backend::TimePoint time)
{
    const auto unix = std::chrono::floor<backend::Milliseconds>(time.time_since_epoch()).count();
    return backend::PostId{
        backend::makeRawId(std::max<std::int64_t>(0, unix - backend::kIdEpochUnixMs), 0, 0)};
}

TimelineLoader::TimelineLoader(Kind kind, EngineBridge& bridge, TimelineModel& model, QObject* parent)
    : QObject(parent)
    , m_kind(kind)
    , m_bridge(bridge)
    , m_model(model)
    , m_asker(std::make_unique<QObject>())
{
    connect(&m_model, &TimelineModel::pageWanted, this, &TimelineLoader::loadPage);
}

void TimelineLoader::open(backend::UserId user)
{
    close();
    m_user = user;
    m_model.start();
}

void TimelineLoader::goTo(std::optional<backend::PostId> before)
{
    const auto user = m_user;
    if (!user) return;
    close();
    m_user = user;
    m_from = before;
    m_model.startAt(before);
}

void TimelineLoader::close()
{
    m_asker = std::make_unique<QObject>();
    m_user = {};
    m_from.reset();
    m_refreshing = m_loadingNewer = m_beforeOldest = false;
    m_model.clear();
    setError({});
}

// Asks for a page of the user shown now; done(Result<TimelinePage>) unless another user is shown by then.
template <class Done>
void TimelineLoader::askForPage(const backend::PageQuery& query, Done done)
{
    m_bridge.call(
        m_asker.get(),
        [kind = m_kind, user = m_user, query](backend::Engine& engine) {
            return kind == Kind::Home ? requests::homePage(engine, user, query)
                                      : requests::authorPage(engine, user, query);
        },
        [done](backend::Result<backend::TimelinePage> page) mutable { done(std::move(page)); });
}

void TimelineLoader::loadPage(std::optional<backend::PostId> before)
{
    if (!m_user) return;
    askForPage(lookAt(before, kTimelinePageSize),
               [this, before](backend::Result<backend::TimelinePage> page) {
                   if (!page) {
                       setError(QString::fromStdString(page.error().message));
                       m_model.failPage(before);
                       return;
                   }
                   setError({});
                   m_model.appendPage(before, *page);
                   loadDelays(*page);
                   if (before && before == m_from && page->entries.empty() && !page->next && !page->partial) {
                       m_beforeOldest = true;
                       loadNewer();
                   }
               });
}

void TimelineLoader::loadNewer()
{
    if (!m_user || m_loadingNewer || !m_model.newerAbove()) return;
    const int rows = m_model.rowCount();
    const auto idAt = [this](int row) { return m_model.entry(m_model.index(row, 0)).id; };
    const auto above = rows > 0 ? idAt(0) : backend::PostId{m_from->value - 1};
    // As much time as as many entries took that are here.
    auto span = kFirstSpan;
    if (rows > 1)
        span = std::chrono::duration_cast<backend::Milliseconds>(
            above.time() - idAt(std::min(rows, kTimelinePageSize) - 1).time());
    m_loadingNewer = true;
    emit changed();
    askNewer({above, std::clamp(span, kLeastSpan, kMostSpan)});
}

// Pages come from the newest down, so that what follows upwards is asked for by a stretch of time that fits
// into one page.
void TimelineLoader::askNewer(Stretch stretch)
{
    const bool top = stretch.end().time() > now() + kAhead;
    backend::PageQuery query{std::nullopt, stretch.above, kRefreshPageSize, true};
    if (!top) query.before = stretch.end();
    askForPage(query, [this, stretch, top](backend::Result<backend::TimelinePage> page) {
        takeNewer(stretch, top, std::move(page));
    });
}

void TimelineLoader::takeNewer(Stretch stretch, bool top, backend::Result<backend::TimelinePage> page)
{
    if (!page) return failNewer(QString::fromStdString(page.error().message));
    if (page->partial) return failNewer(tr("some texts or shards could not be read in time"));
    if (page->next) { // more than fits: those right above are wanted, not the newest
        if (stretch.span <= kLeastSpan) return failNewer(tr("too many posts of one millisecond"));
        return askNewer({stretch.above, std::max(stretch.span / 4, kLeastSpan), true});
    }
    if (page->entries.empty() && !top)
        return askNewer({backend::PostId{stretch.end().value - 1},
                         stretch.shrunk ? stretch.span : std::min(stretch.span * 8, kMostSpan),
                         stretch.shrunk});
    m_loadingNewer = false;
    emit aboutToPrepend();
    m_model.prepend(page->entries, top);
    emit merged();
    setError({});
    emit changed();
    loadDelays(*page);
}

void TimelineLoader::failNewer(const QString& error)
{
    m_loadingNewer = false;
    setError(error);
    emit changed();
}

void TimelineLoader::refresh()
{
    if (!m_user || m_refreshing) return;
    if (m_model.state() == TimelineModel::State::Failed && m_model.rowCount() == 0) {
        m_model.retry();
        return;
    }
    if (m_model.newerAbove() && m_model.rowCount() == 0) {
        goTo(m_from);
        return;
    }
    m_refreshing = true;
    emit changed();
    std::optional<backend::PostId> from; // of a part of the past only what is shown of it
    if (m_model.newerAbove()) from = backend::PostId{m_model.entry(m_model.index(0, 0)).id.value + 1};
    loadRefreshPage(from, {}, 1);
}

void TimelineLoader::loadRefreshPage(std::optional<backend::PostId> before, backend::TimelinePage soFar,
                                     int pages)
{
    askForPage(lookAt(before, kRefreshPageSize),
               [this, soFar = std::move(soFar), pages](backend::Result<backend::TimelinePage> page) mutable {
                   if (page) {
                       takeRefreshPage(std::move(soFar), std::move(*page), pages);
                       return;
                   }
                   m_refreshing = false;
                   setError(QString::fromStdString(page.error().message));
                   emit changed();
               });
}

void TimelineLoader::takeRefreshPage(backend::TimelinePage soFar, backend::TimelinePage page, int pages)
{
    soFar.entries.insert(soFar.entries.end(), std::make_move_iterator(page.entries.begin()),
                         std::make_move_iterator(page.entries.end()));
    soFar.next = page.next;
    soFar.partial = soFar.partial || page.partial;
    const bool meets = !soFar.next || (!soFar.entries.empty() && m_model.reaches(soFar.entries.back().id));
    if (!meets && pages < kRefreshPages) {
        const auto before = soFar.next;
        loadRefreshPage(before, std::move(soFar), pages + 1);
        return;
    }
    m_refreshing = false;
    emit aboutToMerge();
    m_model.mergeNewest(soFar);
    emit merged();
    setError({});
    emit changed();
    loadDelays(soFar);
}

void TimelineLoader::loadDelays(const backend::TimelinePage& page)
{
    if (m_kind != Kind::Home || page.entries.empty()) return;
    std::vector<backend::PostId> posts;
    for (const auto& entry : page.entries)
        posts.push_back(entry.id);
    m_bridge.call(
        m_asker.get(),
        [user = m_user, posts](backend::Engine& engine) {
            return requests::deliveryDelays(engine, user, posts);
        },
        [this, posts](backend::Result<requests::Delays> delays) {
            // Without them the entries only lack a detail.
            if (delays) m_model.setDelays(posts, *delays);
        });
}

void TimelineLoader::setError(const QString& error)
{
    if (m_error == error) return;
    m_error = error;
    emit changed();
}

} // namespace ui
