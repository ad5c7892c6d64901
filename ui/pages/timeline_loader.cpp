#include "ui/pages/timeline_loader.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"
#include "ui/models/timeline_model.h"

#include <utility>

namespace ui {
namespace {

constexpr int kPageSize = 50;
constexpr int kRefreshPageSize = 200;
constexpr int kRefreshPages = 5; // beyond these a refresh starts the list anew

} // namespace

TimelineLoader::TimelineLoader(Kind kind, EngineBridge& bridge, TimelineModel& model, QObject* parent)
    : QObject(parent)
    , m_kind(kind)
    , m_bridge(bridge)
    , m_model(model)
{
    connect(&m_model, &TimelineModel::pageWanted, this, &TimelineLoader::loadPage);
}

void TimelineLoader::open(backend::UserId user)
{
    close();
    m_user = user;
    m_model.start();
}

void TimelineLoader::close()
{
    ++m_generation;
    m_user = {};
    m_refreshing = false;
    m_model.clear();
    setError({});
}

// Asks for a page of the user shown now; done(Result<TimelinePage>) unless another user is shown by then.
template <class Done>
void TimelineLoader::askForPage(std::optional<backend::PostId> before, int limit, Done done)
{
    // Looking at somebody's timeline does not make them a reader who came.
    const backend::PageQuery query{before, std::nullopt, limit, true};
    m_bridge.call(
        this,
        [kind = m_kind, user = m_user, query](backend::Engine& engine) {
            return kind == Kind::Home ? requests::homePage(engine, user, query)
                                      : requests::authorPage(engine, user, query);
        },
        [this, generation = m_generation, done](backend::Result<backend::TimelinePage> page) mutable {
            if (generation == m_generation) done(std::move(page));
        });
}

void TimelineLoader::loadPage(std::optional<backend::PostId> before)
{
    if (!m_user) return;
    askForPage(before, kPageSize, [this, before](backend::Result<backend::TimelinePage> page) {
        if (!page) {
            setError(QString::fromStdString(page.error().message));
            m_model.failPage(before);
            return;
        }
        setError({});
        m_model.appendPage(before, *page);
        loadDelays(*page);
    });
}

void TimelineLoader::refresh()
{
    if (!m_user || m_refreshing) return;
    if (m_model.state() == TimelineModel::State::Failed && m_model.rowCount() == 0) {
        m_model.retry();
        return;
    }
    m_refreshing = true;
    emit changed();
    loadRefreshPage(std::nullopt, {}, 1);
}

void TimelineLoader::loadRefreshPage(std::optional<backend::PostId> before, backend::TimelinePage soFar,
                                     int pages)
{
    askForPage(before, kRefreshPageSize,
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
        this,
        [user = m_user, posts](backend::Engine& engine) {
            return requests::deliveryDelays(engine, user, posts);
        },
        [this, generation = m_generation, posts](backend::Result<requests::Delays> delays) {
            // Without them the entries only lack a detail.
            if (generation == m_generation && delays) m_model.setDelays(posts, *delays);
        });
}

void TimelineLoader::setError(const QString& error)
{
    if (m_error == error) return;
    m_error = error;
    emit changed();
}

} // namespace ui
